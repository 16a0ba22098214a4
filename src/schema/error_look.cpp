#include "error_look.hpp"

#include <algorithm>
#include <utility>

#include "label_choice.hpp"
#include "store_questions.hpp"

namespace spm::schema {
namespace {

using base::fail;
using base::Result;
using boost::asio::awaitable;
using Texts = std::vector<std::string>;

/// The same length of time as the names were found in, up to now.
TimeWindow moved_to(const StoreSchema& schema, std::int64_t now_ms) {
  TimeWindow window;
  if (!schema.window_start_ms || !schema.window_end_ms) return window;
  window.start_ms = now_ms - (*schema.window_end_ms - *schema.window_start_ms);
  window.end_ms = now_ms;
  return window;
}

}  // namespace

bool errors_unknown(const StoreSchema& schema, const DiscoveryOptions& options) noexcept {
  const Family* family = schema.family();
  if (family == nullptr || options.errors_given || schema.origin == StoreSchema::Origin::fallback) return false;
  return family->names.status_label.empty() || !family->error_value_seen;
}

awaitable<Result<SchemaPtr>> look_for_errors(prometheus::PrometheusClient& store, const DiscoveryOptions& options,
                                             SchemaPtr known, std::int64_t now_ms, const base::CallContext& context) {
  StoreQuestions ask(store, context, now_ms, options.allow_unfiltered_names);
  const Family& family = *known->family();
  const model::MetricNames& names = family.names;
  const std::string metric = names.calls.empty() ? names.native_histogram : names.calls;
  const TimeWindow window = moved_to(*known, now_ms);

  Result<Texts> labels = co_await ask.label_names(selector_of(metric, {}, known->dialect), window);
  if (!labels) co_return fail(std::move(labels.error()));
  const Texts statuses = labels_present(*labels, status_labels());
  const bool a_new_one =
      std::ranges::any_of(statuses, [&](const std::string& status) { return !has_label(family.call_labels, status); });
  if (a_new_one) co_return co_await discover(store, options, std::nullopt, now_ms, context);
  if (names.status_label.empty()) co_return known;

  Result<Texts> values =
      co_await ask.label_values(names.status_label, selector_of(metric, names.membership, known->dialect), window);
  if (!values) co_return fail(std::move(values.error()));
  if (!any_error_value(*values)) co_return known;
  auto told = std::make_shared<StoreSchema>(*known);
  Family& changed = told->families[*told->chosen];
  changed.names.error_values = error_values(*values);
  changed.error_value_seen = true;
  changed.status_values = std::move(*values);
  co_return SchemaPtr(std::move(told));
}

}  // namespace spm::schema
