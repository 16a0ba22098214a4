#pragma once

#include <cstdint>
#include <string>
#include <string_view>

/// Finished fragments of PromQL. Whatever goes into a query text is written by one of these.
namespace spm::promql {

/// How a store writes names that are not plain identifiers.
enum class Dialect : std::uint8_t {
  prometheus,        ///< quoted, since Prometheus 3: {"service.name"="x"}
  victoria_metrics,  ///< a backslash before each special character: {service\.name="x"}
};

/// A string literal, double quoted. Comes back through PromQL's rules as the same bytes, whatever they are.
std::string quote_string(std::string_view bytes);

/// A regular expression (RE2 syntax) that matches `text` and nothing else. `text` must be UTF-8: no regular expression
/// names a single byte above 0x7F.
std::string quote_regex(std::string_view text);

/// [A-Za-z_][A-Za-z0-9_]*
bool is_identifier(std::string_view name) noexcept;

/// A label name as it stands in matchers and grouping lists.
std::string label_name(std::string_view name, Dialect dialect);

/// Whether a metric name can stand bare before a brace: a legal name ([A-Za-z_:][A-Za-z0-9_:]*) and no word of the
/// language. Others go inside the braces, see metric_name_matcher.
bool is_plain_metric_name(std::string_view name) noexcept;

/// `__name__="a.b"`: the way to write any metric name, understood by every store.
std::string metric_name_matcher(std::string_view name);

/// A range or offset: "10m", "1m30s", "500ms", "36h". Exact. Precondition: 0 < ms (Prometheus takes no other).
std::string duration(std::int64_t ms);

/// Seconds as the API's start, end and step take them: "1795140012.345", "-0.001", "60". Exact.
std::string decimal_seconds(std::int64_t ms);

/// A number literal that reads back as the same double: "0.95", "1e-07", "NaN", "Inf", "-Inf".
std::string number(double value);

}  // namespace spm::promql
