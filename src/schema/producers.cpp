#include "producers.hpp"

#include "label_choice.hpp"

namespace spm::schema {
namespace {

bool writes_operation(const FoundFamily& found) { return found.family.names.operation_label.ends_with("operation"); }

Producer of_spanmetrics_prefix(const FoundFamily& found) {
  if (has_label(found.family.call_labels, "source")) return {"Beyla/OBI application_span", 12};
  if (writes_operation(found)) return {"Grafana Agent", 13};
  if (found.histogram.word == "duration") return {"Tempo 1.4", 11};
  return {"Tempo", 10};
}

Producer of_no_prefix(const FoundFamily& found) {
  const model::MetricNames& names = found.family.names;
  if (names.kind_label.empty() && names.status_label.empty()) return {};
  if (!writes_operation(found)) return {"OpenTelemetry spanmetrics connector without a namespace", 2};
  if (found.histogram.word == "duration") return {"OpenTelemetry Collector, all-in-one guides", 21};
  return {"OpenTelemetry spanmetrics processor", 20};
}

}  // namespace

bool is_known_prefix(std::string_view prefix) {
  const std::string name = underscored(prefix);
  return name.ends_with("span_metrics_") || name.ends_with("spanmetrics_") || name == "signoz_";
}

Producer recognise_producer(const FoundFamily& found) {
  const std::string prefix = underscored(found.prefix());
  if (prefix == "traces_span_metrics_") {
    if (has_label(found.family.call_labels, "source")) return {"Beyla/OBI application_span_otel", 3};
    return {"OpenTelemetry spanmetrics connector", 0};
  }
  if (prefix.ends_with("span_metrics_")) return {"OpenTelemetry spanmetrics connector with its own namespace", 1};
  if (prefix.ends_with("spanmetrics_")) return of_spanmetrics_prefix(found);
  if (prefix == "signoz_") return {"SigNoz", 14};
  if (prefix.empty()) return of_no_prefix(found);
  return {};
}

}  // namespace spm::schema
