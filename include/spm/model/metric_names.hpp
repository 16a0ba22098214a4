#pragma once

#include <string>
#include <vector>

namespace spm::model {

/// That a series has the label `label` (with any value but the empty one), or that it has none of that name.
struct LabelPresence {
  std::string label;
  bool present = true;

  friend bool operator==(const LabelPresence&, const LabelPresence&) = default;
};

/// Under which names a store keeps one family of span metrics. Names are legal Prometheus identifiers or any UTF-8
/// text; an empty one is not there in the store.
struct MetricNames {
  std::string calls = "traces_span_metrics_calls";             ///< a counter; empty: the native histogram counts
  std::string bucket = "traces_span_metrics_duration_bucket";  ///< classic buckets
  std::string native_histogram;                                ///< "traces_span_metrics_duration"
  std::string service_label = "service_name";
  std::string operation_label = "span_name";
  std::string kind_label = "span_kind";
  std::string status_label = "status_code";
  /// The histogram's own labels, where it lacks what the calls have: kinds then cannot be told apart for latencies.
  bool histogram_has_kind = true;
  /// Every value that means an error. Several while none has been seen yet.
  std::vector<std::string> error_values = {"STATUS_CODE_ERROR"};
  /// What tells this family's series from those of another one under the same metric names.
  std::vector<LabelPresence> membership;
  double to_milliseconds = 1;  ///< what a latency in the store's unit is multiplied with

  friend bool operator==(const MetricNames&, const MetricNames&) = default;
};

}  // namespace spm::model
