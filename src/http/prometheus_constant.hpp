#pragma once

#include <optional>

#include <spm/promql/ast.hpp>

namespace spm::http {

/// The value of an expression of numbers and arithmetic, as Prometheus computes it; nullopt: it is more than that.
/// `1+1` is how clients ask whether anybody is there.
std::optional<double> constant_value(const promql::Expr& expr);

}  // namespace spm::http
