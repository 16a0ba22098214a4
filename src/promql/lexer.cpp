#include "lexer.hpp"

#include <limits>
#include <utility>

#include "number_literal.hpp"
#include "string_literal.hpp"

namespace spm::promql {
namespace {

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

int hex(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Token Lexer::next() {
  skip_space_and_comments();
  if (at_ >= text_.size()) {
    if (in_braces_) return fail(at_, "a brace that is not closed");
    if (in_brackets_) return fail(at_, "a bracket that is not closed");
    return make(TokenKind::end_of_text, 0);
  }
  if (in_braces_) return in_braces();
  if (in_brackets_) return in_brackets();
  return outside();
}

void Lexer::skip_space_and_comments() {
  while (at_ < text_.size()) {
    if (is_space(text_[at_])) {
      ++at_;
    } else if (text_[at_] == '#') {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else {
      return;
    }
  }
}

Token Lexer::make(TokenKind kind, std::size_t length) {
  Token token;
  token.kind = kind;
  token.begin = at_;
  at_ += length;
  token.end = at_;
  return token;
}

Token Lexer::fail(std::size_t offset, std::string reason) {
  Token token;
  token.kind = TokenKind::error;
  token.begin = offset;
  token.end = offset;
  token.text = std::move(reason);
  return token;
}

bool Lexer::begins_identifier(char c) const noexcept {
  return is_letter(c) || (c == '\\' && dialect_ == Dialect::victoria_metrics);
}

Token Lexer::in_braces() {
  const char c = peek();
  if (begins_identifier(c)) return identifier(false);
  switch (c) {
    case '"':
    case '\'':
    case '`':
      return string();
    case ',':
      return make(TokenKind::comma, 1);
    case '}':
      in_braces_ = false;
      return make(TokenKind::right_brace, 1);
    case '=':
      if (peek(1) == '~') return make(TokenKind::regex_match, 2);
      return make(TokenKind::assign, 1);
    case '!':
      if (peek(1) == '~') return make(TokenKind::regex_not_match, 2);
      if (peek(1) == '=') return make(TokenKind::not_equal, 2);
      return fail(at_, "'!' needs '=' or '~' after it");
    case '{':
      return fail(at_, "a brace inside braces");
    default:
      return fail(at_, "a character that cannot stand inside braces");
  }
}

Token Lexer::in_brackets() {
  const char c = peek();
  if (is_digit(c)) return number_or_duration();
  if (c == ':') return make(TokenKind::colon, 1);
  if (c == ']') {
    in_brackets_ = false;
    return make(TokenKind::right_bracket, 1);
  }
  return fail(at_, "a range needs a duration such as 5m");
}

Token Lexer::outside() {
  const char c = peek();
  if (begins_identifier(c) || c == ':') return identifier(true);
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number_or_duration();
  switch (c) {
    case '"':
    case '\'':
    case '`':
      return string();
    case '(':
      return make(TokenKind::left_paren, 1);
    case ')':
      return make(TokenKind::right_paren, 1);
    case '{':
      in_braces_ = true;
      return make(TokenKind::left_brace, 1);
    case '}':
      return fail(at_, "a '}' without its '{'");
    case '[':
      in_brackets_ = true;
      return make(TokenKind::left_bracket, 1);
    case ']':
      return fail(at_, "a ']' without its '['");
    case ',':
      return make(TokenKind::comma, 1);
    case '@':
      return make(TokenKind::at, 1);
    case '+':
      return make(TokenKind::plus, 1);
    case '-':
      return make(TokenKind::minus, 1);
    case '*':
      return make(TokenKind::star, 1);
    case '/':
      return make(TokenKind::slash, 1);
    case '%':
      return make(TokenKind::percent, 1);
    case '^':
      return make(TokenKind::caret, 1);
    default:
      return comparison();
  }
}

Token Lexer::comparison() {
  const bool equals = peek(1) == '=';
  switch (peek()) {
    case '=':
      if (equals) return make(TokenKind::equal, 2);
      return fail(at_, "a single '=' outside braces; equality is '=='");
    case '!':
      if (equals) return make(TokenKind::not_equal, 2);
      return fail(at_, "'!' needs '=' after it");
    case '<':
      return equals ? make(TokenKind::less_or_equal, 2) : make(TokenKind::less, 1);
    case '>':
      return equals ? make(TokenKind::greater_or_equal, 2) : make(TokenKind::greater, 1);
    default:
      return fail(at_, "an unexpected character");
  }
}

Token Lexer::identifier(bool colons) {
  std::string name;
  std::size_t length = 0;
  bool escaped = false;
  while (at_ + length < text_.size()) {
    const char c = peek(length);
    if (is_letter(c) || is_digit(c) || (colons && c == ':')) {
      name += c;
      ++length;
    } else if (c == '\\' && dialect_ == Dialect::victoria_metrics) {
      if (at_ + length + 1 >= text_.size()) return fail(at_ + length, "a backslash at the end");
      escaped = true;
      const char next = peek(length + 1);
      const int high = hex(peek(length + 2));
      const int low = hex(peek(length + 3));
      if (next == 'x' && high >= 0 && low >= 0) {
        name += static_cast<char>(high * 16 + low);
        length += 4;
      } else {
        name += next;
        length += 2;
      }
    } else {
      break;
    }
  }
  Token token = make(TokenKind::identifier, length);
  token.escaped = escaped;
  if (!escaped && colons) token.word = keyword(name);
  if (token.word == Keyword::number) {
    token.kind = TokenKind::number;
    token.number = name.front() == 'i' || name.front() == 'I' ? std::numeric_limits<double>::infinity()
                                                              : std::numeric_limits<double>::quiet_NaN();
  }
  token.text = std::move(name);
  return token;
}

Token Lexer::string() {
  auto literal = read_string_literal(text_.substr(at_));
  if (!literal) return fail(at_ + literal.error().offset, std::move(literal.error().reason));
  Token token = make(TokenKind::string, literal->length);
  token.text = std::move(literal->value);
  return token;
}

Token Lexer::number_or_duration() {
  // The longest run that can be either; which one it is, and whether it is one at all, is decided on the whole.
  std::size_t length = 0;
  const bool hexadecimal = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X');
  for (;; ++length) {
    const char c = peek(length);
    if (is_letter(c) || is_digit(c) || c == '.') continue;
    const char before = length > 0 ? peek(length - 1) : '\0';
    if ((c == '+' || c == '-') && !hexadecimal && (before == 'e' || before == 'E')) continue;
    break;
  }
  const std::string_view run = text_.substr(at_, length);
  if (const auto duration_ms = read_duration_ms(run)) {
    Token token = make(TokenKind::duration, length);
    token.duration_ms = *duration_ms;
    return token;
  }
  if (const auto value = read_number(run); value && !in_brackets_) {
    Token token = make(TokenKind::number, length);
    token.number = *value;
    return token;
  }
  return fail(at_, in_brackets_ ? "not a duration; write for example 5m or 1h30m, more than 0"
                                : "neither a number nor a duration");
}

}  // namespace spm::promql
