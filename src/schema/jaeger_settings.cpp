#include <algorithm>

#include <spm/promql/text.hpp>
#include <spm/schema/jaeger_settings.hpp>

#include "metric_name_parts.hpp"

namespace spm::schema {
namespace {

HistogramName histogram_of(const model::MetricNames& names) {
  std::string_view base = names.bucket;
  if (base.ends_with("_bucket")) base.remove_suffix(std::string_view("_bucket").size());
  if (base.empty()) base = names.native_histogram;
  return parse_histogram_base(base);
}

bool can_be_spelt(const CallsName& calls, const HistogramName& histogram) {
  const std::string& prefix = calls.prefix;
  if (calls.name != prefix + (calls.total ? "calls_total" : "calls")) return false;
  if (!prefix.empty() && !prefix.ends_with('_')) return false;
  if (histogram.base.empty()) return true;
  std::string base = prefix + "duration";
  if (!histogram.unit.empty()) base += "_" + histogram.unit;
  return histogram.base == base && histogram.unit != "ms";
}

}  // namespace

std::vector<std::string> settings_for(const model::MetricNames& names) {
  const CallsName calls = parse_calls_name(names.calls);
  const HistogramName histogram = histogram_of(names);
  if (!can_be_spelt(calls, histogram)) return {};

  std::string prefix = calls.prefix;
  if (!prefix.empty()) prefix.pop_back();
  const bool seconds = histogram.unit == "seconds" || names.to_milliseconds == 1000;
  std::vector<std::string> settings;
  settings.push_back("PROMETHEUS_QUERY_NAMESPACE=" + prefix);
  settings.push_back(std::string("PROMETHEUS_QUERY_NORMALIZE_CALLS=") + (calls.total ? "true" : "false"));
  settings.push_back(std::string("PROMETHEUS_QUERY_NORMALIZE_DURATION=") + (histogram.unit.empty() ? "false" : "true"));
  settings.push_back(std::string("PROMETHEUS_QUERY_DURATION_UNIT=") + (seconds ? "s" : "ms"));
  return settings;
}

std::string why_not_jaeger(const Family& family) {
  const model::MetricNames& names = family.names;
  const std::vector<std::string> all = {names.service_label, names.operation_label, names.kind_label,
                                        names.status_label};
  if (names.calls.empty()) return "there is no calls counter, and Jaeger reads nothing else";
  if (names.bucket.empty() || !family.histogram.classic)
    return "there are no classic buckets, and Jaeger reads nothing else";
  if (!std::ranges::all_of(all,
                           [](const std::string& label) { return promql::is_identifier(label) || label.empty(); })) {
    return "the names hold dots, which Jaeger does not quote";
  }
  if (settings_for(names).empty()) {
    return "Jaeger's settings cannot spell the names " + names.calls + " and " + names.bucket;
  }
  if (names.service_label != "service_name") return "Jaeger reads the label service_name, not " + names.service_label;
  if (names.operation_label != "span_name") return "Jaeger reads the label span_name, not " + names.operation_label;
  if (names.kind_label != "span_kind") return "Jaeger asks for the label span_kind, which is not there";
  if (names.status_label != "status_code") return "Jaeger asks for the label status_code, which is not there";
  if (names.to_milliseconds != 1 && names.to_milliseconds != 1000) {
    return "Jaeger takes latencies for milliseconds or seconds, and these are neither";
  }
  if (!family.names.membership.empty()) return "another family has the same metric names, and Jaeger adds both up";
  return {};
}

}  // namespace spm::schema
