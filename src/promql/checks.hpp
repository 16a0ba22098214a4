#pragma once

#include <optional>
#include <string>

#include <spm/promql/ast.hpp>

namespace spm::promql {

/// What Prometheus refuses although the grammar allows it: why `node` cannot be, or nothing. Its parts have passed.
std::optional<std::string> why_refused(const Expr& node);

}  // namespace spm::promql
