#pragma once

#include <string>
#include <vector>

namespace spm::model {

/// Under which names a store keeps span metrics. Legal Prometheus identifiers or any UTF-8 text.
struct MetricNames {
  std::string calls = "traces_span_metrics_calls";
  std::string bucket = "traces_span_metrics_duration_bucket";
  std::string service_label = "service_name";
  std::string operation_label = "span_name";
  std::string kind_label = "span_kind";
  std::string status_label = "status_code";
  std::vector<std::string> error_values = {"STATUS_CODE_ERROR"};
  double to_milliseconds = 1;  ///< what a latency in the store's unit is multiplied with

  friend bool operator==(const MetricNames&, const MetricNames&) = default;
};

}  // namespace spm::model
