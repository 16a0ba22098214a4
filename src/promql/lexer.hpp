#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <spm/promql/text.hpp>

#include "keywords.hpp"

namespace spm::promql {

enum class TokenKind : std::uint8_t {
  end_of_text,
  error,
  identifier,  ///< keywords too; see Token::word
  number,
  duration,
  string,
  left_paren,
  right_paren,
  left_brace,
  right_brace,
  left_bracket,
  right_bracket,
  comma,
  colon,
  at,
  assign,           // =
  regex_match,      // =~
  regex_not_match,  // !~
  not_equal,        // != : a matcher's or a comparison's
  equal,            // ==
  less,
  less_or_equal,
  greater,
  greater_or_equal,
  plus,
  minus,
  star,
  slash,
  percent,
  caret,
};

struct Token {
  TokenKind kind = TokenKind::end_of_text;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;              ///< identifier or string: decoded; error: the reason
  Keyword word = Keyword::none;  ///< of an identifier outside braces that is written without escapes
  bool escaped = false;          ///< an identifier with VictoriaMetrics' backslashes
  double number = 0;
  std::int64_t duration_ms = 0;
};

/// Cuts a text into tokens, one at a time. What a byte means depends on the brackets around it, as in Prometheus:
/// inside braces there are only matchers, inside square brackets only durations and a colon.
class Lexer {
 public:
  Lexer(std::string_view text, Dialect dialect) : text_(text), dialect_(dialect) {}

  /// After the end, and after an error, the same token again and again.
  Token next();

 private:
  void skip_space_and_comments();
  Token make(TokenKind kind, std::size_t length);
  Token fail(std::size_t offset, std::string reason);
  Token in_braces();
  Token in_brackets();
  Token outside();
  Token comparison();
  Token identifier(bool colons);
  Token string();
  Token number_or_duration();
  char peek(std::size_t ahead = 0) const noexcept { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool begins_identifier(char c) const noexcept;

  std::string_view text_;
  Dialect dialect_;
  std::size_t at_ = 0;
  bool in_braces_ = false;
  bool in_brackets_ = false;
};

}  // namespace spm::promql
