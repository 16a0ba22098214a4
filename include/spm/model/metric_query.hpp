#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/model/matrix.hpp>
#include <spm/model/time_grid.hpp>

namespace spm::model {

enum class MetricKind : std::uint8_t {
  latency,
  call_rate,
  error_rate
};

enum class SpanKind : std::uint8_t {
  unspecified,
  internal,
  server,
  client,
  producer,
  consumer
};

/// "SPAN_KIND_SERVER": the label value that the spanmetrics connector writes.
std::string_view label_value(SpanKind kind) noexcept;
/// From "server" in any letter case.
std::optional<SpanKind> span_kind_from_name(std::string_view name) noexcept;

/// One question of the Monitor tab, checked: whatever door it came through, whatever names the store has.
struct MetricQuery {
  MetricKind kind = MetricKind::call_rate;
  std::vector<std::string> services;  ///< literal names, each once, at least one, valid UTF-8
  /// The same services read once more with their `+` kept, where the caller wrote `+` without encoding it (the Jaeger
  /// UI does). Asked only when `services` has no series. Empty: there is no other reading.
  std::vector<std::string> services_with_plus;
  bool group_by_operation = false;
  std::vector<SpanKind> span_kinds;  ///< each once; empty: all, and series without a kind
  /// Labels of the metrics that must have exactly these values. Names as the caller wrote them ("http.method").
  std::vector<Label> tags;
  double quantile = 0;  ///< (0, 1]; for latency only
  TimeGrid grid;        ///< evaluation times
  /// When the window ends, where the caller takes one that ends up to a step earlier; empty: exactly `grid`.
  std::optional<std::int64_t> movable_end_ms;
  std::int64_t rate_window_ms = 0;  ///< > 0
  /// Set when the caller gave no step and the default would have made more points than an answer may have.
  std::optional<std::int64_t> default_step_widened_from_ms;
};

/// The same question as a caller puts it: nothing checked, what is absent is not there.
struct UncheckedMetricQuery {
  MetricKind kind = MetricKind::call_rate;
  std::vector<std::string> services;
  std::vector<std::string> services_with_plus;
  bool group_by_operation = false;
  std::vector<SpanKind> span_kinds;  ///< empty: server
  std::vector<Label> tags;
  std::optional<double> quantile;
  std::optional<std::int64_t> end_ms;  ///< absent: now
  std::optional<std::int64_t> lookback_ms;
  std::optional<std::int64_t> step_ms;
  std::optional<std::int64_t> rate_per_ms;
};

inline constexpr std::int64_t kDefaultLookbackMs = 3'600'000;
inline constexpr std::int64_t kDefaultStepMs = 5'000;
inline constexpr std::int64_t kDefaultRatePerMs = 600'000;
inline constexpr std::size_t kMaxPointsPerSeries = 110'000;
/// The longest duration that Prometheus takes: 2^63 - 1 ns.
inline constexpr std::int64_t kMaxDurationMs = 9'223'372'036'854;
inline constexpr std::size_t kMaxServices = 1'000;
inline constexpr std::size_t kMaxTags = 50;
inline constexpr std::size_t kMaxTagKeyBytes = 256;
inline constexpr std::size_t kMaxTagValueBytes = 4'096;

/// Whether a label makes sense only inside the store's own series (`le`, `__name__`, `quantile`, `vmrange`): a filter
/// by it would change what the numbers mean.
bool is_reserved_label(std::string_view name) noexcept;

/// Applies defaults and bounds. The error is invalid_argument and names the parameter as the HTTP API calls it
/// (service, tag, endTs, lookback, step, ratePer, quantile), in Error::parameter and in its words.
base::Result<MetricQuery> check(UncheckedMetricQuery asked, std::int64_t now_ms);

}  // namespace spm::model
