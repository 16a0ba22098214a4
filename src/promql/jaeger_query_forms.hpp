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

/// "SPAN_KIND_SERVER", and nothing else.
std::optional<model::SpanKind> span_kind_of_label_value(std::string_view value);

/// The literal names of a regular expression that is nothing but an alternation of them, "a|b\.c" or "(a|b\\.c)".
/// nullopt: it is more than that. `dots_are_literal`: a bare `.` stands for itself.
std::optional<std::vector<std::string>> plain_alternatives(std::string_view regex, bool dots_are_literal);

/// The text between `|`, empty parts left out.
std::vector<std::string> parts_of(std::string_view list);

}  // namespace spm::promql
