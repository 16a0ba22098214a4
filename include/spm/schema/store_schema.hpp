#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <spm/model/metric_names.hpp>
#include <spm/promql/text.hpp>

namespace spm::schema {

/// How the unit of a family's latencies is known.
enum class UnitSource : std::uint8_t {
  name,      ///< a suffix: _milliseconds, _seconds
  producer,  ///< whoever writes under these names always uses it
  bounds,    ///< no other unit makes sense of the bucket bounds
  setting,   ///< the user said so
  assumed    ///< nothing tells: milliseconds, the collector's default
};

/// In which forms a family's histogram is there.
struct HistogramForms {
  bool classic = false;  ///< buckets with finite bounds
  bool native = false;
  bool only_inf = false;  ///< classic buckets, but nothing except le="+Inf"
  bool vmrange = false;   ///< VictoriaMetrics' own buckets

  bool in_buckets() const noexcept { return classic || only_inf || vmrange; }
};

/// Whether latencies can be read from it.
inline bool can_be_read(const HistogramForms& forms) noexcept { return forms.classic || forms.native || forms.vmrange; }

/// One family of span metrics as it was found. What cannot be used is kept too, for people to read.
struct Family {
  model::MetricNames names;
  std::string producer;        ///< "OpenTelemetry spanmetrics connector", ...; empty: not a known one
  std::string histogram_base;  ///< "traces_span_metrics_duration_milliseconds", usable or not; empty: there is none
  HistogramForms histogram;
  std::string histogram_unusable_because;  ///< empty: it can be used, or there is none
  UnitSource unit_source = UnitSource::assumed;
  std::optional<double> smallest_bound;  ///< finite bucket bounds, in the store's unit
  std::optional<double> largest_bound;
  std::optional<std::int64_t> newest_sample_ms;  ///< of calls and histogram together: the older of both
  std::vector<std::string> call_labels;          ///< all label names of the calls metric, sorted
  std::vector<std::string> histogram_labels;     ///< of the histogram, without le, sorted
  std::vector<std::string> status_values;        ///< sorted
  bool error_value_seen = false;                 ///< false: names.error_values are candidates
  /// Neither a known name nor a kind or status label: used only when nothing else is there.
  bool looks_alike = false;
  std::string overflow_label;    ///< marks series that the producer lumped together; empty: none seen
  std::string misfit;            ///< which setting asks for something else; empty: it fits the settings
  std::string rejected_because;  ///< empty: it could be used
};

/// What is known of one store for one kind of caller. Immutable once published.
struct StoreSchema {
  enum class Origin : std::uint8_t {
    discovered,
    configured,  ///< the settings leave nothing to find out
    fallback     ///< nothing in the store fits the settings: Jaeger's default names
  };

  Origin origin = Origin::configured;
  promql::Dialect dialect = promql::Dialect::prometheus;
  std::vector<Family> families;       ///< best first; a fallback, which is not in the store, stands last
  std::optional<std::size_t> chosen;  ///< none: there are no span metrics
  std::string reason;                 ///< why the chosen one, or why none, in one sentence for people
  /// Where the names were found. Empty optionals: without bounds.
  std::optional<std::int64_t> window_start_ms;
  std::optional<std::int64_t> window_end_ms;

  /// Other usable families with samples as new as the chosen one's. They are never added up.
  std::vector<std::size_t> also_live;
  /// Where two status labels share the metric names: the family to use for times before chosen_since_ms.
  std::optional<std::size_t> before;
  std::optional<std::int64_t> chosen_since_ms;
  /// For a fallback: the settings under which the best family found would fit, "PROMETHEUS_QUERY_NAMESPACE=x", ...
  std::vector<std::string> settings_that_fit;
  /// Metrics of service graphs (edges, not operations), looked for where no span metrics are found.
  std::vector<std::string> service_graph_metrics;

  const Family* family() const noexcept { return chosen ? &families[*chosen] : nullptr; }
};

using SchemaPtr = std::shared_ptr<const StoreSchema>;

}  // namespace spm::schema
