#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <spm/promql/parser.hpp>

#include "checks.hpp"
#include "lexer.hpp"
#include "operators.hpp"

namespace spm::promql {
namespace {

/// A part that has been read, and how deep its tree is. No expression: something failed, and the parser knows what.
struct Part {
  ExprPtr expr;
  std::size_t depth = 0;

  explicit operator bool() const noexcept { return expr != nullptr; }
};

bool is_function_name(const Token& token) { return !token.escaped && is_identifier(token.text); }

class Parser {
 public:
  Parser(std::string_view text, Dialect dialect) : lexer_(text, dialect) { advance(); }

  tl::expected<ExprPtr, SyntaxError> whole() {
    Part part = expression(kLowestPrecedence);
    if (part && token_.kind != TokenKind::end_of_text) unexpected("an operator or the end");
    if (error_) return tl::unexpected<SyntaxError>(std::move(*error_));
    return std::move(part.expr);
  }

 private:
  // --- tokens -------------------------------------------------------------------------------------------------------
  void advance() {
    last_end_ = token_.end;
    token_ = lexer_.next();
  }

  bool at(TokenKind kind) const noexcept { return token_.kind == kind; }
  bool at(Keyword word) const noexcept { return token_.kind == TokenKind::identifier && token_.word == word; }

  bool take(TokenKind kind) {
    if (!at(kind)) return false;
    advance();
    return true;
  }

  bool expect(TokenKind kind, std::string_view what) {
    if (take(kind)) return true;
    unexpected(what);
    return false;
  }

  // --- errors: the first one counts ---------------------------------------------------------------------------------
  void fail(std::size_t offset, std::string reason) {
    if (!error_) error_ = SyntaxError{offset, std::move(reason)};
  }

  void unexpected(std::string_view wanted) {
    if (at(TokenKind::error)) {
      fail(token_.begin, token_.text);
    } else if (at(TokenKind::end_of_text)) {
      fail(token_.begin, "the text ends where " + std::string(wanted) + " is needed");
    } else {
      fail(token_.begin, "something else stands where " + std::string(wanted) + " is needed");
    }
  }

  // --- building -----------------------------------------------------------------------------------------------------
  template <class Node>
  Part make(Node node, std::size_t begin, std::size_t depth_below) {
    auto expr = std::make_unique<Expr>();
    expr->node = std::move(node);
    expr->range = {begin, last_end_};
    return finish(Part{std::move(expr), depth_below + 1});
  }

  Part finish(Part part) {
    if (part.depth > kMaxTreeDepth) {
      fail(part.expr->range.begin, "nested too deeply");
      return {};
    }
    if (auto refusal = why_refused(*part.expr)) {
      fail(part.expr->range.begin, std::move(*refusal));
      return {};
    }
    return part;
  }

  // --- expressions --------------------------------------------------------------------------------------------------
  Part expression(int lowest) {
    if (nesting_ >= kMaxTreeDepth) {
      fail(token_.begin, "nested too deeply");
      return {};
    }
    ++nesting_;
    Part part = binary(lowest);
    --nesting_;
    return part;
  }

  Part binary(int lowest) {
    Part left = unary();
    while (left) {
      const auto op = binary_operator(token_);
      if (!op || precedence(*op) < lowest) break;
      advance();
      Binary node;
      node.op = *op;
      if (at(Keyword::boolean)) {
        node.returns_bool = true;
        advance();
      }
      if (!matching(node)) return {};
      // ^ groups from the right, all others from the left.
      Part right = expression(*op == BinaryOp::power ? precedence(*op) : precedence(*op) + 1);
      if (!right) return {};
      const std::size_t begin = left.expr->range.begin;
      const std::size_t depth = std::max(left.depth, right.depth);
      node.left = std::move(left.expr);
      node.right = std::move(right.expr);
      left = make(std::move(node), begin, depth);
    }
    return left;
  }

  bool matching(Binary& node) {
    if (!at(Keyword::on) && !at(Keyword::ignoring)) return true;
    VectorMatching matching;
    matching.on = at(Keyword::on);
    advance();
    if (!labels(matching.labels)) return false;
    if (at(Keyword::group_left) || at(Keyword::group_right)) {
      matching.cardinality = at(Keyword::group_left) ? MatchCardinality::group_left : MatchCardinality::group_right;
      advance();
      if (at(TokenKind::left_paren) && !labels(matching.include)) return false;
    }
    node.matching = std::move(matching);
    return true;
  }

  Part unary() {
    if (!at(TokenKind::plus) && !at(TokenKind::minus)) return postfix();
    Unary node;
    node.op = at(TokenKind::plus) ? UnaryOp::plus : UnaryOp::minus;
    const std::size_t begin = token_.begin;
    advance();
    // Binds as multiplication does: only ^ gets at the operand first.
    Part of = expression(kPowerPrecedence);
    if (!of) return {};
    node.of = std::move(of.expr);
    return make(std::move(node), begin, of.depth);
  }

  Part postfix() {
    Part part = primary();
    while (part) {
      if (at(TokenKind::left_bracket)) {
        part = range(std::move(part));
      } else if (at(Keyword::offset) || at(TokenKind::at)) {
        part = modifier(std::move(part));
      } else {
        break;
      }
    }
    return part;
  }

  Part range(Part of) {
    advance();
    const std::int64_t range_ms = token_.duration_ms;
    if (!expect(TokenKind::duration, "a duration")) return {};
    if (take(TokenKind::colon)) {
      Subquery node;
      node.range_ms = range_ms;
      if (at(TokenKind::duration)) {
        node.step_ms = token_.duration_ms;
        advance();
      }
      if (!expect(TokenKind::right_bracket, "']'")) return {};
      const std::size_t begin = of.expr->range.begin;
      node.of = std::move(of.expr);
      return make(std::move(node), begin, of.depth);
    }
    if (!expect(TokenKind::right_bracket, "']'")) return {};
    auto* selector = std::get_if<Selector>(&of.expr->node);
    if (selector == nullptr || selector->range_ms != 0) {
      fail(of.expr->range.begin, "a range can only follow a selector; elsewhere write a subquery, [5m:]");
      return {};
    }
    if (selector->modifiers != Modifiers{}) {
      fail(of.expr->range.begin, "offset and @ stand after the range, not before it");
      return {};
    }
    selector->range_ms = range_ms;
    of.expr->range.end = last_end_;
    return of;
  }

  Part modifier(Part of) {
    const std::size_t begin = token_.begin;
    Modifiers* modifiers = nullptr;
    if (auto* selector = std::get_if<Selector>(&of.expr->node)) modifiers = &selector->modifiers;
    if (auto* subquery = std::get_if<Subquery>(&of.expr->node)) modifiers = &subquery->modifiers;
    if (modifiers == nullptr) {
      fail(begin, "offset and @ can only follow a selector or a subquery");
      return {};
    }
    const bool done = at(TokenKind::at) ? at_modifier(*modifiers) : offset_modifier(*modifiers);
    if (!done) return {};
    of.expr->range.end = last_end_;
    return of;
  }

  bool offset_modifier(Modifiers& modifiers) {
    if (modifiers.offset_ms != 0) {
      fail(token_.begin, "offset is given twice");
      return false;
    }
    advance();
    const bool negative = take(TokenKind::minus);
    const std::int64_t offset_ms = token_.duration_ms;
    if (!expect(TokenKind::duration, "a duration")) return false;
    modifiers.offset_ms = negative ? -offset_ms : offset_ms;
    return true;
  }

  bool at_modifier(Modifiers& modifiers) {
    if (modifiers.at) {
      fail(token_.begin, "@ is given twice");
      return false;
    }
    advance();
    At time;
    if (at(Keyword::start) || at(Keyword::end)) {
      time.kind = at(Keyword::start) ? At::Kind::start : At::Kind::end;
      advance();
      if (!expect(TokenKind::left_paren, "'('") || !expect(TokenKind::right_paren, "')'")) return false;
    } else {
      const bool negative = at(TokenKind::minus);
      if (negative || at(TokenKind::plus)) advance();
      const double seconds = token_.number;
      const std::size_t begin = token_.begin;
      if (!expect(TokenKind::number, "a time in seconds, start() or end()")) return false;
      if (!(seconds < static_cast<double>(std::numeric_limits<std::int64_t>::max()))) {
        fail(begin, "the time after @ is out of bounds");
        return false;
      }
      time.seconds = negative ? -seconds : seconds;
    }
    modifiers.at = time;
    return true;
  }

  Part primary() {
    const std::size_t begin = token_.begin;
    switch (token_.kind) {
      case TokenKind::number: {
        Number node{token_.number};
        advance();
        return make(node, begin, 0);
      }
      case TokenKind::string: {
        String node{std::move(token_.text)};
        advance();
        return make(std::move(node), begin, 0);
      }
      case TokenKind::left_paren:
        return parentheses();
      case TokenKind::left_brace:
        return braces(Selector{}, begin);
      case TokenKind::identifier:
        return word();
      default:
        unexpected("an expression");
        return {};
    }
  }

  Part parentheses() {
    const std::size_t begin = token_.begin;
    advance();
    Part of = expression(kLowestPrecedence);
    if (!of || !expect(TokenKind::right_paren, "')'")) return {};
    Parentheses node;
    node.of = std::move(of.expr);
    return make(std::move(node), begin, of.depth);
  }

  /// What begins with a word: an aggregation, a call or a selector.
  Part word() {
    const Token first = std::move(token_);
    token_ = Token{};
    token_.end = first.end;
    advance();
    const bool aggregator = first.word == Keyword::aggregator || first.word == Keyword::aggregator_parameter;
    if (aggregator && (at(TokenKind::left_paren) || at(Keyword::by) || at(Keyword::without))) {
      return aggregation(first);
    }
    if (first.word == Keyword::none && at(TokenKind::left_paren) && is_function_name(first)) {
      return call(first);
    }
    if (!can_be_metric_name(first.word)) {
      fail(first.begin, "something else stands where an expression is needed");
      return {};
    }
    Selector node;
    node.name = first.text;
    if (at(TokenKind::left_brace)) return braces(std::move(node), first.begin);
    return make(std::move(node), first.begin, 0);
  }

  Part call(const Token& first) {
    Call node;
    node.function = first.text;
    std::size_t depth = 0;
    if (!arguments(node.arguments, depth)) return {};
    return make(std::move(node), first.begin, depth);
  }

  Part aggregation(const Token& first) {
    Aggregation node;
    node.op = first.text;
    for (char& c : node.op) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (!grouping(node)) return {};
    std::vector<ExprPtr> list;
    std::size_t depth = 0;
    if (!at(TokenKind::left_paren)) {
      unexpected("'('");
      return {};
    }
    if (!arguments(list, depth)) return {};
    if (!node.grouping && !grouping(node)) return {};

    const std::size_t wanted = first.word == Keyword::aggregator_parameter ? 2 : 1;
    if (list.size() != wanted) {
      fail(first.begin, node.op + (wanted == 2 ? " takes a parameter and a vector" : " takes one vector"));
      return {};
    }
    node.of = std::move(list.back());
    if (wanted == 2) node.parameter = std::move(list.front());
    return make(std::move(node), first.begin, depth);
  }

  /// by (..) or without (..), or neither.
  bool grouping(Aggregation& node) {
    if (!at(Keyword::by) && !at(Keyword::without)) return true;
    Grouping grouping;
    grouping.without = at(Keyword::without);
    advance();
    if (!labels(grouping.labels)) return false;
    node.grouping = std::move(grouping);
    return true;
  }

  bool arguments(std::vector<ExprPtr>& out, std::size_t& depth) {
    advance();
    if (take(TokenKind::right_paren)) return true;
    do {
      Part argument = expression(kLowestPrecedence);
      if (!argument) return false;
      depth = std::max(depth, argument.depth);
      out.push_back(std::move(argument.expr));
    } while (take(TokenKind::comma));
    return expect(TokenKind::right_paren, "',' or ')'");
  }

  /// (a, "b.c",) as in by, on and group_left.
  bool labels(std::vector<std::string>& out) {
    if (!expect(TokenKind::left_paren, "'('")) return false;
    while (!take(TokenKind::right_paren)) {
      const bool word = at(TokenKind::identifier) && (token_.escaped || is_identifier(token_.text));
      const bool quoted = at(TokenKind::string) && !token_.text.empty();
      if (!word && !quoted) {
        unexpected("a label name");
        return false;
      }
      out.push_back(std::move(token_.text));
      advance();
      if (take(TokenKind::comma)) continue;
      return expect(TokenKind::right_paren, "',' or ')'");
    }
    return true;
  }

  Part braces(Selector node, std::size_t begin) {
    advance();
    while (!take(TokenKind::right_brace)) {
      if (!matcher(node)) return {};
      if (take(TokenKind::comma)) continue;
      if (!expect(TokenKind::right_brace, "',' or '}'")) return {};
      break;
    }
    return make(std::move(node), begin, 0);
  }

  bool matcher(Selector& node) {
    const bool quoted = at(TokenKind::string);
    if (!quoted && !at(TokenKind::identifier)) {
      unexpected("a label name");
      return false;
    }
    const std::size_t begin = token_.begin;
    std::string label = std::move(token_.text);
    advance();
    if (label.empty()) {
      fail(begin, "an empty name");
      return false;
    }
    if (quoted && (at(TokenKind::comma) || at(TokenKind::right_brace))) {
      if (!node.name.empty()) {
        fail(begin, "the metric name is given twice");
        return false;
      }
      node.name = std::move(label);
      return true;
    }
    Matcher matcher;
    matcher.label = std::move(label);
    const auto op = match_operator(token_.kind);
    if (!op) {
      unexpected("=, !=, =~ or !~");
      return false;
    }
    matcher.op = *op;
    advance();
    if (!at(TokenKind::string)) {
      unexpected("a string");
      return false;
    }
    matcher.value = std::move(token_.text);
    advance();
    node.matchers.push_back(std::move(matcher));
    return true;
  }

  Lexer lexer_;
  Token token_;
  std::size_t last_end_ = 0;  ///< where the last token that was taken ended
  std::size_t nesting_ = 0;
  std::optional<SyntaxError> error_;
};

}  // namespace

tl::expected<ExprPtr, SyntaxError> parse(std::string_view text, Dialect dialect) {
  if (text.size() > kMaxTextBytes) {
    return tl::unexpected<SyntaxError>(SyntaxError{kMaxTextBytes, "the expression is longer than 1 MiB"});
  }
  return Parser(text, dialect).whole();
}

LineColumn line_column(std::string_view text, std::size_t offset) noexcept {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  LineColumn place;
  place.line += static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_end = before.rfind('\n');
  place.column += line_end == std::string_view::npos ? before.size() : before.size() - line_end - 1;
  return place;
}

}  // namespace spm::promql
