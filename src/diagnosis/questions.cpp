#include "questions.hpp"

#include <algorithm>
#include <utility>

#include <spm/base/utf8.hpp>

namespace spm::diagnosis {

using base::Result;
using boost::asio::awaitable;

base::CallContext Questions::limited() const {
  base::CallContext context = context_;
  context.deadline = context.deadline.earlier(base::Deadline::after(each_));
  return context;
}

void Questions::failed(const std::string& about, const base::Error& error) {
  if (context_.deadline.expired()) {
    // One line for all that there was no time for.
    if (!std::exchange(out_of_time_, true)) {
      seen_.timeouts.push_back(about);
      seen_.not_asked.push_back(about + ", and what comes after it: there was no time left");
    }
    return;
  }
  if (error.kind == base::ErrorKind::deadline_exceeded) seen_.timeouts.push_back(about);
  seen_.not_asked.push_back(about + ": " + base::printable(error.message, 300));
}

void Questions::warned(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    std::string text = base::printable(warning, 300);
    if (std::ranges::find(seen_.store_warnings, text) == seen_.store_warnings.end()) {
      seen_.store_warnings.push_back(std::move(text));
    }
  }
}

awaitable<Questions::Samples> Questions::ask(std::string about, std::string promql, std::optional<std::int64_t> at_ms) {
  const base::CallContext context = limited();
  prometheus::InstantQuery query(std::move(promql), at_ms);
  Result<prometheus::InstantAnswer> answer = co_await store_.query(std::move(query), context);
  if (!answer) {
    failed(about, answer.error());
    co_return std::nullopt;
  }
  warned(answer->warnings);
  co_return std::move(answer->samples);
}

awaitable<std::optional<model::Column>> Questions::column(std::string about, std::string promql, model::TimeGrid grid) {
  const base::CallContext context = limited();
  prometheus::RangeQuery query(std::move(promql), grid);
  Result<prometheus::RangeAnswer> answer = co_await store_.query_range(std::move(query), context);
  if (!answer) {
    failed(about, answer.error());
    co_return std::nullopt;
  }
  warned(answer->warnings);
  // Some stores move the grid to multiples of its step; the same way each time, so columns still go together.
  if (answer->matrix.series.size() != 1) co_return std::nullopt;
  co_return std::move(answer->matrix.series.front().column);
}

awaitable<std::optional<std::vector<std::string>>> Questions::metric_names(std::string about, prometheus::Listing of) {
  const base::CallContext context = limited();
  Result<prometheus::ListAnswer> answer = co_await store_.label_values("__name__", std::move(of), context);
  if (!answer) {
    failed(about, answer.error());
    co_return std::nullopt;
  }
  warned(answer->warnings);
  co_return std::move(answer->values);
}

}  // namespace spm::diagnosis
