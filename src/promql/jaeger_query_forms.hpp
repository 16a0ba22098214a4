#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <spm/promql/ast.hpp>
#include <spm/promql/jaeger_query.hpp>

namespace spm::promql {

/// `text` as a Jaeger writes it, byte for byte. Its `service` is what stands between the quotes, not unescaped.
std::optional<JaegerQuery> recognise_text(std::string_view text);

/// The question that a tree asks. `service_as_written` is the value once more.
std::optional<JaegerQuery> recognise_tree(const Expr& expr);

/// Whether a Jaeger may call this metric so, under any namespace and in any version: `[ns_]calls[_total]` for rates,
/// `[ns_]duration[_milliseconds|_seconds]_bucket` or `[ns_]latency_bucket` for latencies. Other metrics are not span
/// metrics, whatever their labels are.
bool is_span_metric(model::MetricKind kind, std::string_view name);

/// Whether the namespace of such a name is neither none nor the connector's.
bool has_namespace_of_its_own(std::string_view name);

/// "SPAN_KIND_SERVER", and nothing else.
std::optional<model::SpanKind> span_kind_of_label_value(std::string_view value);

/// The literal names of a regular expression that is nothing but an alternation of them, "a|b\.c" or "(a|b\\.c)".
/// nullopt: it is more than that. `dots_are_literal`: a bare `.` stands for itself.
std::optional<std::vector<std::string>> plain_alternatives(std::string_view regex, bool dots_are_literal);

/// The text between `|`, empty parts left out.
std::vector<std::string> parts_of(std::string_view list);

}  // namespace spm::promql
