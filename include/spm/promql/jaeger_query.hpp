#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <spm/model/metric_query.hpp>

namespace spm::promql {

/// What a text of PromQL asks, when it asks what Jaeger's Monitor tab asks. Independent of metric names: whatever a
/// Jaeger was configured with, the question is the same.
struct JaegerQuery {
  model::MetricKind kind = model::MetricKind::call_rate;

  std::string service;                      ///< the value of the service matcher, as PromQL reads it
  std::string service_as_written;           ///< the bytes between its quotes: to a Jaeger before 1.73 the name itself
  bool service_is_list = true;              ///< `=~`: names joined by `|`; `=`: one name
  std::vector<model::SpanKind> span_kinds;  ///< as the text has them; empty: no matcher
  std::string operation;                    ///< the only one that is asked about; empty: all
  std::vector<model::Label> tags;           ///< equality matchers on other labels

  std::string service_label;    ///< grouped by, as the text has it; empty: not grouped by service
  std::string operation_label;  ///< grouped by, as the text has it; empty: not grouped by operation

  double quantile = 0;                                ///< for latencies; any number that can be written
  std::int64_t window_ms = model::kDefaultRatePerMs;  ///< > 0
  std::string window_as_written;                      ///< between the brackets; empty: the text has none
  std::string metric;                                 ///< as the text has it; never part of the question
  /// The text is not as a Jaeger writes it, and the metric has a namespace of its own (http_server_duration_bucket): it
  /// may be about something else than spans.
  bool may_be_foreign = false;
};

/// What `text` asks, nullopt where it is not exactly one of these (white space, parentheses, the order of matchers and
/// labels, and the place of the by-clause are free):
///
///     histogram_quantile(Q, sum(rate(L{S}[R])) by (G,le))      latency; without rate and [R] too (Jaeger to 1.31)
///     sum(rate(C{S}[R])) by (G)                                 call rate
///     sum(rate(C{S, E}[R])) by (G) / sum(rate(C{S}[R])) by (G)  error rate
///
/// C and L are names that a Jaeger gives, see is_span_metric(). S: one matcher `=` or `=~` of a service label, at most
/// one of the span kind, others (the operation, too) `=` or `=~` with a plain value. E: the status is an error. G:
/// service label, operation label; the service may be left out where there can only be one.
///
/// A text is read as PromQL first. Jaeger before 1.73 does not escape the services, so a text that is no PromQL for
/// that reason alone is read raw; a name that makes other PromQL of it cannot be told apart from that.
std::optional<JaegerQuery> recognise(std::string_view text);

/// Names that the services of a query can mean, each literal, best group first: of the first group that has a series,
/// the series are the answer. The whole value; its parts between `|`; and, for clients that write regular expressions
/// (Grafana escapes and puts parentheses around), the names that those spell out. Never an empty name.
std::vector<std::vector<std::string>> service_readings(const JaegerQuery& query);

}  // namespace spm::promql
