#include "label_finder.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace spm::service {
namespace {

constexpr std::chrono::seconds kKeptFor{30};
constexpr std::size_t kMaxKept = 256;

/// Parts cannot run together: each stands behind its length.
void append(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

/// Times by the hour: charts that follow the clock ask about a new range every few seconds.
std::string hour_of(const std::optional<std::int64_t>& time_ms) {
  return time_ms ? std::to_string(*time_ms / 3'600'000) : std::string();
}

/// Everything that decides what the store answers, and the keys that it is asked for.
std::string question_of(const prometheus::Listing& of, std::vector<std::string> keys,
                        const base::CallContext& context) {
  std::string out;
  append(out, context.bearer_token);
  for (const auto& [name, value] : context.store_parameters) {
    append(out, name);
    append(out, value);
  }
  out += '|';
  for (const std::string& selector : of.selectors) append(out, selector);
  append(out, hour_of(of.start_ms));
  append(out, hour_of(of.end_ms));
  std::ranges::sort(keys);
  for (const std::string& key : keys) append(out, key);
  return out;
}

}  // namespace

boost::asio::awaitable<base::Result<std::vector<std::string>>> LabelFinder::labels(prometheus::Listing of,
                                                                                   std::vector<std::string> keys,
                                                                                   const base::CallContext& context,
                                                                                   Clock::time_point now) {
  std::string question = question_of(of, std::move(keys), context);
  if (auto labels = kept(question, now)) co_return std::move(*labels);
  base::Result<prometheus::ListAnswer> answer = co_await store_.label_names(std::move(of), context);
  if (!answer) co_return base::fail(std::move(answer.error()));
  keep(std::move(question), now, answer->values);
  co_return std::move(answer->values);
}

std::optional<std::vector<std::string>> LabelFinder::kept(std::string_view question, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(found_, question, &Found::question);
  if (found == found_.end() || now - found->at >= kKeptFor) return std::nullopt;
  return found->labels;
}

void LabelFinder::keep(std::string question, Clock::time_point now, const std::vector<std::string>& labels) {
  const std::lock_guard lock(mutex_);
  found_.remove_if([&](const Found& one) { return one.question == question || now - one.at >= kKeptFor; });
  found_.push_front({std::move(question), now, labels});
  if (found_.size() > kMaxKept) found_.pop_back();
}

}  // namespace spm::service
