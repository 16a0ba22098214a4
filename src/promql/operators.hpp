#pragma once

#include <optional>
#include <string_view>

#include <spm/promql/ast.hpp>

#include "lexer.hpp"

namespace spm::promql {

/// How strongly a binary operator binds; higher binds tighter. Signs bind like multiplication.
int precedence(BinaryOp op) noexcept;
inline constexpr int kLowestPrecedence = 1;
inline constexpr int kPowerPrecedence = 6;

bool is_comparison(BinaryOp op) noexcept;
bool is_set_operator(BinaryOp op) noexcept;

/// "+", "==", "unless".
std::string_view symbol(BinaryOp op) noexcept;

std::optional<BinaryOp> binary_operator(const Token& token) noexcept;

std::optional<MatchOp> match_operator(TokenKind kind) noexcept;

/// "=", "!=", "=~", "!~".
std::string_view symbol(MatchOp op) noexcept;

}  // namespace spm::promql
