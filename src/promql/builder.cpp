#include <spm/promql/builder.hpp>

#include "operators.hpp"

namespace spm::promql {
namespace {

using model::MetricKind;

std::string_view what_is_missing(const model::MetricNames& names, const model::MetricQuery& query, MetricKind which) {
  const std::string& metric = which == MetricKind::latency ? names.bucket : names.calls;
  if (metric.empty()) return "the metric's name";
  if (names.service_label.empty()) return "the service label";
  if (query.group_by_operation && names.operation_label.empty()) return "the operation label";
  if (which != MetricKind::error_rate) return {};
  if (names.status_label.empty()) return "the status label";
  if (names.error_values.empty()) return "the status values that mean an error";
  return {};
}

std::string join_matchers(const std::vector<Matcher>& matchers, Dialect dialect) {
  std::string out;
  for (const Matcher& matcher : matchers) {
    if (!out.empty()) out += ',';
    out += write_matcher(matcher, dialect);
  }
  return out;
}

std::vector<Matcher> query_matchers(const model::MetricNames& names, const model::MetricQuery& query,
                                    std::span<const std::string> services) {
  std::vector<Matcher> matchers;
  matchers.push_back(match_any(names.service_label, services));
  if (!names.kind_label.empty() && !query.span_kinds.empty()) {
    std::vector<std::string> kinds;
    kinds.reserve(query.span_kinds.size());
    for (const model::SpanKind kind : query.span_kinds) kinds.emplace_back(model::label_value(kind));
    matchers.push_back(match_any(names.kind_label, kinds));
  }
  return matchers;
}

}  // namespace

std::string write_matcher(const Matcher& matcher, Dialect dialect) {
  return label_name(matcher.label, dialect) + std::string(symbol(matcher.op)) + quote_string(matcher.value);
}

Matcher match_any(std::string_view label, std::span<const std::string> values) {
  Matcher matcher;
  matcher.label = label;
  if (values.size() == 1) {
    matcher.value = values.front();
    return matcher;
  }
  matcher.op = MatchOp::regex;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) matcher.value += '|';
    matcher.value += quote_regex(values[i]);
  }
  return matcher;
}

base::Result<std::string> build(const TemplateSet& templates, const model::MetricNames& names,
                                const model::MetricQuery& query, std::span<const std::string> services,
                                MetricKind which, const BuildOptions& options) {
  if (services.empty()) return base::fail(base::ErrorKind::internal, "a metric query without services");
  if (const std::string_view missing = what_is_missing(names, query, which); !missing.empty()) {
    return base::fail(base::ErrorKind::internal, "the names of the store's metrics lack " + std::string(missing));
  }

  std::vector<Matcher> matchers = query_matchers(names, query, services);
  matchers.insert(matchers.end(), options.extra_matchers.begin(), options.extra_matchers.end());

  Fragments fragments;
  fragments.calls = names.calls;
  fragments.bucket = names.bucket;
  fragments.matchers = join_matchers(matchers, options.dialect);
  fragments.window = duration(query.rate_window_ms);
  fragments.by = label_name(names.service_label, options.dialect);
  if (query.group_by_operation) fragments.by += ',' + label_name(names.operation_label, options.dialect);
  fragments.quantile = number(query.quantile);
  fragments.scale = number(names.to_milliseconds);
  if (which == MetricKind::error_rate) {
    fragments.error_matcher = write_matcher(match_any(names.status_label, names.error_values), options.dialect);
  }
  return templates.of(which).render(fragments);
}

}  // namespace spm::promql
