#include "tag_filter.hpp"

#include <utility>

#include "family_listing.hpp"
#include "tag_labels.hpp"

namespace spm::service {

using base::fail;
using base::Result;
using boost::asio::awaitable;

/// What is to be known of one metric's labels.
struct TagFilter::Question {
  std::string_view parameter;             ///< in errors
  const std::vector<std::string>* known;  ///< by discovery; empty: it did not look
  prometheus::Listing series;             ///< where to look once more
};

awaitable<Result<std::vector<promql::Matcher>>> TagFilter::matchers(const model::MetricQuery& query,
                                                                    const schema::StoreSchema& schema,
                                                                    const schema::Family& family,
                                                                    const base::CallContext& context) {
  std::vector<promql::Matcher> matchers;
  if (query.tags.empty()) co_return std::move(matchers);

  const bool of_histogram = query.kind == model::MetricKind::latency || histogram_counts_calls(family.names);
  Question question;
  question.parameter = "tag";
  question.known = of_histogram ? &family.histogram_labels : &family.call_labels;
  question.series.selectors = of_histogram ? histogram_selectors(family.names, {}, schema.dialect)
                                           : call_selectors(family.names, {}, schema.dialect);
  question.series.start_ms = query.grid.start_ms - query.rate_window_ms;
  question.series.end_ms = query.grid.last_ms();

  std::vector<std::string> keys;
  keys.reserve(query.tags.size());
  for (const model::Label& tag : query.tags) keys.push_back(tag.name);
  Result<std::vector<std::string>> labels = co_await resolve(keys, question, context);
  if (!labels) co_return fail(std::move(labels.error()));
  matchers.reserve(query.tags.size());
  for (std::size_t i = 0; i < query.tags.size(); ++i) {
    matchers.push_back({std::move((*labels)[i]), promql::MatchOp::equal, query.tags[i].value});
  }
  co_return std::move(matchers);
}

awaitable<Result<std::string>> TagFilter::call_label(std::string key, const schema::StoreSchema& schema,
                                                     const schema::Family& family, ListWindow window,
                                                     const base::CallContext& context) {
  Question question;
  question.parameter = "key";
  question.known = histogram_counts_calls(family.names) ? &family.histogram_labels : &family.call_labels;
  question.series.selectors = call_selectors(family.names, {}, schema.dialect);
  question.series.start_ms = window.start_ms;
  question.series.end_ms = window.end_ms;
  std::vector<std::string> keys;
  keys.push_back(std::move(key));
  Result<std::vector<std::string>> labels = co_await resolve(keys, question, context);
  if (!labels) co_return fail(std::move(labels.error()));
  co_return std::move(labels->front());
}

awaitable<Result<std::vector<std::string>>> TagFilter::resolve(const std::vector<std::string>& keys,
                                                               const Question& question,
                                                               const base::CallContext& context) {
  std::vector<std::string> labels(keys.size());
  std::vector<std::string> unknown;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (auto label = resolve_label(keys[i], *question.known)) {
      labels[i] = std::move(*label);
    } else {
      unknown.push_back(keys[i]);
    }
  }
  if (!unknown.empty()) {
    Result<std::vector<std::string>> now =
        co_await finder_.labels(question.series, unknown, context, LabelFinder::Clock::now());
    if (!now) co_return fail(std::move(now.error()));
    // Where nothing is known of the labels, a wrong key finds nothing; it cannot be called wrong.
    const bool nothing_known = question.known->empty() && now->empty();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (!labels[i].empty()) continue;
      auto label = resolve_label(keys[i], *now);
      if (!label && !nothing_known) {
        co_return fail(unknown_label(question.parameter, keys[i], now->empty() ? *question.known : *now));
      }
      labels[i] = label ? std::move(*label) : sanitized_label(keys[i]);
    }
  }
  for (const std::string& label : labels) {
    if (model::is_reserved_label(label)) co_return fail(reserved_label(question.parameter, label));
  }
  co_return std::move(labels);
}

}  // namespace spm::service
