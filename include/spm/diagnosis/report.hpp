#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spm::diagnosis {

/// Everything that an examination can find. In the order in which findings of one severity are told.
enum class FindingId : std::uint8_t {
  store_unreachable,
  store_refuses_us,
  not_a_prometheus,
  store_slow,
  store_failing,
  no_span_metrics,
  no_usable_family,
  settings_do_not_fit,
  stale_metrics,
  clock_skew,
  partial_data,
  hidden_services,
  no_kind_label,
  no_status_label,
  no_error_seen,
  no_histogram,
  only_inf_buckets,
  vmrange_buckets,
  native_only,
  unit_assumed,
  several_families,
  long_flush_interval,
  overflow_series,
  counters_reset_together,
};

std::span<const FindingId> all_finding_ids() noexcept;
/// "no_span_metrics": never changes, for scripts.
std::string_view text_of(FindingId id) noexcept;

enum class Severity : std::uint8_t {
  problem,  ///< the tab is empty, or what it shows is wrong
  hint      ///< worth knowing; the tab works
};

/// One thing found, in whole sentences for someone who has an empty tab.
struct Finding {
  FindingId id = FindingId::store_failing;
  Severity severity = Severity::problem;
  std::string what;
  std::string why;
  std::string what_to_do;
};

struct StoreFacts {
  std::string url;  ///< without credentials
  bool reachable = false;
  std::string kind;     ///< "Prometheus or alike"
  std::string version;  ///< empty: it does not tell
  std::string reading;  ///< how rates are read from it, in one sentence; empty: not told
};

struct FamilyFacts {
  bool chosen = false;
  std::string calls;      ///< empty: counted by the histogram
  std::string histogram;  ///< without _bucket; empty: none
  std::string histogram_forms;
  std::string service_label;
  std::string operation_label;
  std::string kind_label;    ///< empty: none
  std::string status_label;  ///< empty: none
  std::vector<std::string> error_values;
  bool error_seen = false;
  std::string producer;                       ///< empty: unknown
  std::string unit;                           ///< "milliseconds"
  std::string unit_known_by;                  ///< "the metric's name"
  std::optional<std::int64_t> newest_age_ms;  ///< negative: in the future
  std::string not_chosen_because;             ///< empty for the chosen one
};

/// What a Jaeger that asks this store itself would have to be told.
struct JaegerSettings {
  std::vector<std::string> v1;  ///< PROMETHEUS_QUERY_* variables; a flag where a variable cannot say it
  std::string v2;               ///< YAML, part of metric_backends.<name>.prometheus; several lines
  std::string why_not;          ///< empty: the settings do; else why no settings can
  std::string remark;           ///< what stays wrong even with them; may be empty
};

struct ServiceFacts {
  std::string name;
  std::optional<std::int64_t> newest_age_ms;
  std::vector<std::string> kinds;  ///< as the metrics write them, sorted
};

/// When samples come.
struct Rhythm {
  std::optional<std::int64_t> sample_interval_ms;
  std::optional<std::int64_t> change_interval_ms;  ///< how often the busiest counter grows
};

/// What is known after one examination. Names and labels come from the store: any bytes; renderers escape them.
struct Report {
  std::int64_t examined_at_ms = 0;
  StoreFacts store;
  std::vector<Finding> findings;  ///< problems first
  std::vector<FamilyFacts> families;
  std::size_t families_left_out = 0;
  std::vector<std::string> look_alikes;  ///< metrics with such names that are no span metrics
  std::string choice;                    ///< why the chosen family, or why none
  std::optional<JaegerSettings> jaeger;
  std::vector<std::string> settings_needed;  ///< what given naming settings would have to be; usually none
  std::vector<ServiceFacts> services;
  std::size_t services_left_out = 0;
  Rhythm rhythm;
  std::vector<std::string> not_asked;  ///< "which services there are: ..." for questions that failed

  bool healthy() const noexcept;  ///< no problems
};

}  // namespace spm::diagnosis
