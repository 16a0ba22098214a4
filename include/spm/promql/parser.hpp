#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include <spm/promql/ast.hpp>
#include <spm/promql/text.hpp>

namespace spm::promql {

/// Why a text is not PromQL, and where.
struct SyntaxError {
  std::size_t offset = 0;  ///< byte offset in the text
  std::string reason;
};

/// Line and column (in bytes) of an offset, both from 1.
struct LineColumn {
  std::size_t line = 1;
  std::size_t column = 1;
};
LineColumn line_column(std::string_view text, std::size_t offset) noexcept;

/// The longest text that parse() looks at, and the deepest tree that it builds. Both bound what hostile text can cost:
/// trees are walked and destroyed by recursion.
inline constexpr std::size_t kMaxTextBytes = std::size_t{1} << 20U;
inline constexpr std::size_t kMaxTreeDepth = 200;

/// Reads one expression of the whole PromQL grammar (Prometheus 2.42, with the quoted names of Prometheus 3).
/// Refuses what Prometheus refuses when it parses, as far as that can be told without knowing every function: names and
/// arguments of functions are not judged.
tl::expected<ExprPtr, SyntaxError> parse(std::string_view text, Dialect dialect = Dialect::prometheus);

/// The text of a tree, on one line. parse(print(tree)) is the same tree.
std::string print(const Expr& expr, Dialect dialect = Dialect::prometheus);

}  // namespace spm::promql
