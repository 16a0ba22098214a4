#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Metric names taken apart: which of them could be span metrics, and which belong together.
namespace spm::schema {

/// Names that could be calls counters, and names that could be latency histograms, as regular expressions of the store.
inline constexpr std::string_view kCallsPattern = "(.*[._])?calls(_total)?";
inline constexpr std::string_view kHistogramPattern =
    "(.*[._])?(duration|latency)([._](milliseconds|seconds|ms))?([._]bucket|_count)?";
/// The same without buckets: for questions about labels, which are expensive for buckets.
inline constexpr std::string_view kHistogramCountPattern =
    "(.*[._])?(duration|latency)([._](milliseconds|seconds|ms))?(_count)?";

struct CallsName {
  std::string name;    ///< "traces_span_metrics_calls_total"
  std::string prefix;  ///< "traces_span_metrics_", with its separator
  bool total = false;
};

struct HistogramName {
  std::string base;    ///< "traces_span_metrics_duration_milliseconds"
  std::string prefix;  ///< "traces_span_metrics_"
  std::string word;    ///< "duration" or "latency"
  std::string unit;    ///< "milliseconds", "seconds", "ms" or empty
  std::string bucket;  ///< as it is in the store; empty: not there
  std::string count;
  bool bare = false;  ///< the base itself is a metric: a native histogram, or something else
};

struct FoundNames {
  std::vector<CallsName> calls;
  std::vector<HistogramName> histograms;  ///< one a base
};

/// Keeps what fits the patterns, whatever else a store answered.
FoundNames sort_metric_names(std::span<const std::string> names);

/// The parts of one base name, or of a name that fits no pattern: then base only.
HistogramName parse_histogram_base(std::string_view base);
CallsName parse_calls_name(std::string_view name);

/// Metrics that belong together because their prefixes are identical. A histogram without a calls counter stands alone.
struct Group {
  std::vector<CallsName> calls;  ///< one, or none
  std::vector<HistogramName> histograms;
};
std::vector<Group> pair_by_prefix(const FoundNames& names);

/// `name` with every `.` as `_`: how most paths to a store would have written it.
std::string underscored(std::string_view name);

}  // namespace spm::schema
