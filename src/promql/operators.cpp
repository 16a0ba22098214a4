#include "operators.hpp"

#include <array>

namespace spm::promql {
namespace {

struct OperatorInfo {
  std::string_view symbol;
  int precedence;
};

/// In the order of the enumerators.
constexpr std::array<OperatorInfo, 16> kOperators = {{
    {"or", 1},
    {"and", 2},
    {"unless", 2},
    {"==", 3},
    {"!=", 3},
    {"<=", 3},
    {"<", 3},
    {">=", 3},
    {">", 3},
    {"+", 4},
    {"-", 4},
    {"*", 5},
    {"/", 5},
    {"%", 5},
    {"atan2", 5},
    {"^", kPowerPrecedence},
}};

const OperatorInfo& info(BinaryOp op) noexcept { return kOperators[static_cast<std::size_t>(op)]; }

}  // namespace

int precedence(BinaryOp op) noexcept { return info(op).precedence; }
std::string_view symbol(BinaryOp op) noexcept { return info(op).symbol; }

bool is_comparison(BinaryOp op) noexcept { return precedence(op) == 3; }
bool is_set_operator(BinaryOp op) noexcept { return precedence(op) <= 2; }

std::optional<BinaryOp> binary_operator(const Token& token) noexcept {
  switch (token.kind) {
    case TokenKind::equal:
      return BinaryOp::equal;
    case TokenKind::not_equal:
      return BinaryOp::not_equal;
    case TokenKind::less:
      return BinaryOp::less;
    case TokenKind::less_or_equal:
      return BinaryOp::less_or_equal;
    case TokenKind::greater:
      return BinaryOp::greater;
    case TokenKind::greater_or_equal:
      return BinaryOp::greater_or_equal;
    case TokenKind::plus:
      return BinaryOp::add;
    case TokenKind::minus:
      return BinaryOp::subtract;
    case TokenKind::star:
      return BinaryOp::multiply;
    case TokenKind::slash:
      return BinaryOp::divide;
    case TokenKind::percent:
      return BinaryOp::modulo;
    case TokenKind::caret:
      return BinaryOp::power;
    case TokenKind::identifier:
      break;
    default:
      return std::nullopt;
  }
  switch (token.word) {
    case Keyword::logical_or:
      return BinaryOp::logical_or;
    case Keyword::logical_and:
      return BinaryOp::logical_and;
    case Keyword::unless:
      return BinaryOp::unless;
    case Keyword::atan2:
      return BinaryOp::atan2;
    default:
      return std::nullopt;
  }
}

std::optional<MatchOp> match_operator(TokenKind kind) noexcept {
  switch (kind) {
    case TokenKind::assign:
      return MatchOp::equal;
    case TokenKind::not_equal:
      return MatchOp::not_equal;
    case TokenKind::regex_match:
      return MatchOp::regex;
    case TokenKind::regex_not_match:
      return MatchOp::not_regex;
    default:
      return std::nullopt;
  }
}

std::string_view symbol(MatchOp op) noexcept {
  switch (op) {
    case MatchOp::equal:
      return "=";
    case MatchOp::not_equal:
      return "!=";
    case MatchOp::regex:
      return "=~";
    case MatchOp::not_regex:
      return "!~";
  }
  return "=";
}

}  // namespace spm::promql
