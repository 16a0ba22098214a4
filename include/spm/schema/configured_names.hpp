#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <spm/model/metric_names.hpp>

namespace spm::schema {

enum class DurationUnit : std::uint8_t {
  milliseconds,
  seconds,
  microseconds,
  nanoseconds
};

/// What a latency in `unit` is multiplied with to be milliseconds.
double to_milliseconds(DurationUnit unit) noexcept;

/// The PROMETHEUS_QUERY_* settings. Empty optionals: not given.
struct NamingOptions {
  std::optional<std::string> metric_namespace;  ///< "" means no prefix
  std::optional<bool> spanmetrics_connector;
  std::optional<DurationUnit> duration_unit;
  std::optional<bool> normalize_calls;
  std::optional<bool> normalize_duration;
};

/// The names that the settings spell out, as Jaeger builds them:
/// `[namespace_]calls[_total]`, `[namespace_]duration[_milliseconds|_seconds]_bucket`.
/// The namespace is traces_span_metrics unless given; none where spanmetrics_connector is given, because the Jaegers
/// that had that setting had no default namespace. spanmetrics_connector=false is the older span metrics processor:
/// `calls_total`, `latency_bucket` and the label `operation`.
model::MetricNames names_from_settings(const NamingOptions& options);

}  // namespace spm::schema
