#include <utility>

#include <spm/schema/configured_names.hpp>

namespace spm::schema {
namespace {

constexpr std::string_view kDefaultNamespace = "traces_span_metrics";

std::string prefix_of(const NamingOptions& options) {
  if (options.metric_namespace) return options.metric_namespace->empty() ? "" : *options.metric_namespace + "_";
  if (options.spanmetrics_connector) return "";
  return std::string(kDefaultNamespace) + "_";
}

}  // namespace

double to_milliseconds(DurationUnit unit) noexcept {
  switch (unit) {
    case DurationUnit::seconds:
      return 1000;
    case DurationUnit::microseconds:
      return 1e-3;
    case DurationUnit::nanoseconds:
      return 1e-6;
    case DurationUnit::milliseconds:
      break;
  }
  return 1;
}

model::MetricNames names_from_settings(const NamingOptions& options) {
  const DurationUnit unit = options.duration_unit.value_or(DurationUnit::milliseconds);
  const std::string prefix = prefix_of(options);

  model::MetricNames names;
  names.to_milliseconds = to_milliseconds(unit);
  if (options.spanmetrics_connector == false) {
    names.calls = prefix + "calls_total";
    names.bucket = prefix + "latency_bucket";
    names.operation_label = "operation";
    return names;
  }
  names.calls = prefix + (options.normalize_calls.value_or(false) ? "calls_total" : "calls");
  names.bucket = prefix + "duration";
  if (options.normalize_duration.value_or(false))
    names.bucket += unit == DurationUnit::seconds ? "_seconds" : "_milliseconds";
  names.bucket += "_bucket";
  return names;
}

}  // namespace spm::schema
