#pragma once

#include <span>
#include <string>

#include <spm/promql/ast.hpp>
#include <spm/promql/text.hpp>

namespace spm::promql {

/// Puts `matchers` into every selector of `expr`, wherever it stands: in arguments, parameters, subqueries, on both
/// sides of operators. A selector that has exactly such a matcher already keeps its one.
void add_matchers(Expr& expr, std::span<const Matcher> matchers);

/// A selector made of `matchers` alone. Where Prometheus would refuse that, because the empty string matches all of
/// them, `__name__!=""` stands beside them.
std::string selector_of(std::span<const Matcher> matchers, Dialect dialect);

}  // namespace spm::promql
