#include "prometheus_question.hpp"

#include <algorithm>
#include <utility>

#include <spm/base/utf8.hpp>

namespace spm::http {
namespace {

using base::fail;
using base::invalid_parameter;
using base::Result;

Result<std::vector<std::string>> all_names(const promql::JaegerQuery& asked) {
  std::vector<std::string> names;
  for (const auto& group : promql::service_readings(asked)) names.insert(names.end(), group.begin(), group.end());
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.empty()) return fail(invalid_parameter("query", "the service name is empty: name a service"));
  if (names.size() > model::kMaxServices) {
    return fail(invalid_parameter("query", std::to_string(names.size()) + " service names in one query, at most " +
                                               std::to_string(model::kMaxServices) +
                                               " are answered: ask in several queries"));
  }
  for (const std::string& name : names) {
    if (base::is_valid_utf8(name)) continue;
    return fail(invalid_parameter("query", "the service name '" + base::printable(name) + "' is not UTF-8"));
  }
  return names;
}

std::string label_value(const model::Series& series, std::string_view name) {
  const std::string* value = model::find_label(series.labels, name);
  return value == nullptr ? std::string() : *value;
}

/// Leaves the series of the first group of readings that has any.
void keep_best_reading(std::vector<model::Series>& series, const promql::JaegerQuery& asked) {
  for (auto& names : promql::service_readings(asked)) {
    std::ranges::sort(names);
    const auto is_other = [&](const model::Series& one) {
      return !std::ranges::binary_search(names, label_value(one, "service_name"));
    };
    if (std::ranges::all_of(series, is_other)) continue;
    std::erase_if(series, is_other);
    return;
  }
}

}  // namespace

Result<model::MetricQuery> metric_query(const promql::JaegerQuery& asked, const model::TimeGrid& grid) {
  model::MetricQuery query;
  query.kind = asked.kind;
  auto services = all_names(asked);
  if (!services) return fail(std::move(services.error()));
  query.services = std::move(*services);
  // One operation is taken out of the answer by operation: the store has its own name for that label.
  query.group_by_operation = !asked.operation_label.empty() || !asked.operation.empty();
  for (const model::SpanKind kind : asked.span_kinds) {
    if (std::ranges::find(query.span_kinds, kind) == query.span_kinds.end()) query.span_kinds.push_back(kind);
  }
  query.tags = asked.tags;
  if (asked.kind == model::MetricKind::latency) {
    if (!(asked.quantile >= 0 && asked.quantile <= 1)) {  // NaN is neither
      return fail(invalid_parameter("query", "the quantile is not between 0 and 1: write one such as 0.95"));
    }
    query.quantile = asked.quantile;
  }
  query.grid = grid;
  query.rate_window_ms = asked.window_ms;
  return query;
}

model::Matrix relabelled(model::MetricFamily family, const promql::JaegerQuery& asked) {
  keep_best_reading(family.metrics, asked);
  model::Matrix matrix;
  matrix.grid = family.grid;
  matrix.series.reserve(family.metrics.size());
  for (model::Series& series : family.metrics) {
    if (series.column.none()) continue;
    if (!asked.operation.empty() && label_value(series, "operation") != asked.operation) continue;
    model::LabelSet labels;
    const auto add = [&](const std::string& name, std::string value) {
      if (!name.empty() && !value.empty()) labels.push_back({name, std::move(value)});
    };
    add(asked.service_label, label_value(series, "service_name"));
    add(asked.operation_label, label_value(series, "operation"));
    std::ranges::sort(labels);
    matrix.series.push_back({std::move(labels), std::move(series.column)});
  }
  std::ranges::sort(matrix.series, {}, &model::Series::labels);
  return matrix;
}

std::string nothing_found(const promql::JaegerQuery& asked) {
  std::string text = "no series for service '" + base::printable(asked.service, 100) + "'";
  if (!asked.span_kinds.empty()) {
    text += " with span kind";
    for (std::size_t i = 0; i < asked.span_kinds.size() && i < 6; ++i) {
      text += i == 0 ? " " : " or ";
      text += model::label_value(asked.span_kinds[i]);
    }
  }
  if (!asked.operation.empty() || !asked.tags.empty()) text += " and the query's other matchers";
  text += " in this time: service names are literal, not patterns; api/services lists the known ones";
  return text;
}

std::string what_is_answered() {
  return "this is jaeger-spm-proxy, which answers the queries of Jaeger's Monitor tab and no other PromQL: "
         "sum(rate(calls{service_name=~\"a|b\",span_kind=~\"SPAN_KIND_SERVER\"}[5m])) by (service_name,span_name), "
         "the same with status_code=\"STATUS_CODE_ERROR\" divided by it, and "
         "histogram_quantile(0.95, sum(rate(duration_bucket{..}[5m])) by (service_name,le)); any namespace, a "
         "service matcher is needed, others may only be equal to a value. Ask your Prometheus itself, or start this "
         "service with --prometheus-door.other-queries=forward";
}

}  // namespace spm::http
