#include "index_reader.hpp"

#include <algorithm>
#include <utility>

#include <spm/promql/text.hpp>

#include "family_listing.hpp"

namespace spm::service {
namespace {

/// How far back a query looks where a list has no bounds.
constexpr std::int64_t kQueryReachMs = std::int64_t{48} * 3'600'000;

}  // namespace

using base::fail;
using base::Result;
using boost::asio::awaitable;
using prometheus::ListAnswer;

awaitable<Result<ListAnswer>> IndexReader::values(const std::string& label, std::vector<promql::Matcher> matchers,
                                                  const schema::StoreSchema& schema, const schema::Family& family,
                                                  ListWindow window, const base::CallContext& context) const {
  const std::vector<std::string> selectors = call_selectors(family.names, std::move(matchers), schema.dialect);
  if (label.empty() || selectors.empty()) co_return ListAnswer();
  prometheus::Listing listing;
  listing.selectors = selectors;
  listing.start_ms = window.start_ms;
  listing.end_ms = window.end_ms;
  Result<ListAnswer> answer = co_await store_.label_values(label, std::move(listing), context);
  if (answer || answer.error().kind != base::ErrorKind::query_rejected) co_return std::move(answer);
  co_return co_await values_by_query(label, selectors, schema, family, window, context);
}

awaitable<Result<ListAnswer>> IndexReader::values_by_query(const std::string& label,
                                                           const std::vector<std::string>& selectors,
                                                           const schema::StoreSchema& schema,
                                                           const schema::Family& family, ListWindow window,
                                                           const base::CallContext& context) const {
  const std::optional<std::int64_t> end_ms = window.end_ms ? window.end_ms : family.newest_sample_ms;
  std::int64_t reach_ms = kQueryReachMs;
  if (window.start_ms && end_ms) reach_ms = std::max<std::int64_t>(1, *end_ms - *window.start_ms);

  // count_over_time and count: the oldest stores have both.
  std::string text;
  for (const std::string& selector : selectors) {
    if (!text.empty()) text += " or ";
    text += "count(count_over_time(" + selector + '[' + promql::duration(reach_ms) + "])) by (" +
            promql::label_name(label, schema.dialect) + ')';
  }
  prometheus::InstantQuery query(std::move(text), end_ms);
  Result<prometheus::InstantAnswer> answer = co_await store_.query(std::move(query), context);
  if (!answer) co_return fail(std::move(answer.error()));
  ListAnswer list;
  list.warnings = std::move(answer->warnings);
  for (const prometheus::Sample& sample : answer->samples) {
    const std::string* value = model::find_label(sample.labels, label);
    if (value != nullptr && !value->empty()) list.values.push_back(*value);
  }
  co_return std::move(list);
}

}  // namespace spm::service
