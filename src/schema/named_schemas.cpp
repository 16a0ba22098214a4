#include <array>

#include <spm/schema/discovery.hpp>

namespace spm::schema {
namespace {

struct Row {
  std::string_view name;
  std::string_view calls;
  std::string_view histogram;
  std::string_view service_label;
  std::string_view operation_label;
  std::string_view status_label;
  std::optional<DurationUnit> unit;
};

constexpr std::string_view kFound;  // left to discovery
constexpr auto kMs = DurationUnit::milliseconds;
constexpr auto kS = DurationUnit::seconds;

constexpr std::array kRows = {
    Row{"connector", "traces_span_metrics_calls_total", "traces_span_metrics_duration_milliseconds", "service_name",
        "span_name", kFound, kMs},
    Row{"connector-plain", "traces_span_metrics_calls", "traces_span_metrics_duration", "service_name", "span_name",
        kFound, std::nullopt},
    Row{"connector-seconds", "traces_span_metrics_calls_total", "traces_span_metrics_duration_seconds", "service_name",
        "span_name", kFound, kS},
    Row{"connector-old", "calls_total", "duration_milliseconds", "service_name", "span_name", kFound, kMs},
    Row{"connector-bare", "calls", "duration", "service_name", "span_name", kFound, std::nullopt},
    Row{"connector-otel-status", "traces_span_metrics_calls_total", "traces_span_metrics_duration_milliseconds",
        "service_name", "span_name", "otel_status_code", kMs},
    Row{"connector-utf8", "traces.span.metrics.calls_total", "traces.span.metrics.duration_milliseconds",
        "service.name", "span.name", kFound, kMs},
    Row{"connector-no-translation", "traces.span.metrics.calls", "traces.span.metrics.duration", "service.name",
        "span.name", kFound, std::nullopt},
    Row{"processor", "calls_total", "latency", "service_name", "operation", kFound, kMs},
    Row{"allinone-ns", "calls_total", "duration", "service_name", "operation", kFound, DurationUnit::nanoseconds},
    Row{"tempo", "traces_spanmetrics_calls_total", "traces_spanmetrics_latency", "service", "span_name", kFound, kS},
    Row{"tempo-1.4", "traces_spanmetrics_calls_total", "traces_spanmetrics_duration_seconds", "service", "span_name",
        "span_status", kS},
    Row{"agent", "traces_spanmetrics_calls_total", "traces_spanmetrics_latency", "service_name", "operation", kFound,
        kMs},
    Row{"beyla", "traces_spanmetrics_calls_total", "traces_spanmetrics_latency", kFound, "span_name", kFound, kS},
    Row{"beyla-otel", "traces_span_metrics_calls_total", "traces_span_metrics_duration_seconds", kFound, "span_name",
        kFound, kS},
    Row{"signoz", "signoz_calls_total", "signoz_latency", "service_name", "operation", kFound, kMs},
};

}  // namespace

std::vector<std::string_view> schema_names() {
  std::vector<std::string_view> names;
  names.reserve(kRows.size());
  for (const Row& row : kRows) names.push_back(row.name);
  return names;
}

std::optional<CustomSchema> schema_by_name(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name != name) continue;
    CustomSchema schema;
    schema.calls = row.calls;
    schema.histogram = row.histogram;
    schema.service_label = row.service_label;
    schema.operation_label = row.operation_label;
    schema.status_label = row.status_label;
    schema.unit = row.unit;
    return schema;
  }
  return std::nullopt;
}

}  // namespace spm::schema
