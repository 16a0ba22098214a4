#include <cstddef>
#include <string>
#include <utility>

#include <spm/base/utf8.hpp>
#include <spm/promql/matchers_text.hpp>

#include "lexer.hpp"
#include "operators.hpp"
#include "regex_syntax.hpp"

namespace spm::promql {
namespace {

using base::Result;

constexpr std::size_t kMaxText = std::size_t{64} << 10U;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

class MatchersReader {
 public:
  /// `braced` begins with a brace; `offset` is what to add to a place in it for a place in the text.
  MatchersReader(std::string braced, std::ptrdiff_t offset)
      : text_(std::move(braced)),
        offset_(offset),
        lexer_(text_, Dialect::prometheus) {
    advance();
    advance();  // the brace
  }

  Result<std::vector<Matcher>> read() {
    std::vector<Matcher> matchers;
    while (token_.kind != TokenKind::right_brace) {
      Result<Matcher> matcher = read_one();
      if (!matcher) return base::fail(std::move(matcher.error()));
      matchers.push_back(std::move(*matcher));
      if (token_.kind == TokenKind::comma) {
        advance();
      } else if (token_.kind != TokenKind::right_brace) {
        return wrong("a comma or the end is needed");
      }
    }
    if (matchers.empty()) return wrong("there is no matcher");
    advance();
    if (token_.kind != TokenKind::end_of_text) return wrong("nothing may follow the matchers");
    return matchers;
  }

 private:
  void advance() { token_ = lexer_.next(); }

  /// Where the next token is no token, what the lexer says explains more than what was needed there.
  tl::unexpected<base::Error> wrong(const std::string& what) const {
    return wrong_at(token_.begin, token_.kind == TokenKind::error ? token_.text : what);
  }

  tl::unexpected<base::Error> wrong_at(std::size_t place, const std::string& what) const {
    const auto character = static_cast<std::ptrdiff_t>(place) + offset_ + 1;
    return base::fail(base::ErrorKind::invalid_argument, "at character " + std::to_string(character) + ": " + what +
                                                             R"(; write for example tenant="a",cluster=~"x|y")");
  }

  Result<Matcher> read_one() {
    const bool quoted = token_.kind == TokenKind::string;
    if (!quoted && token_.kind != TokenKind::identifier) return wrong("a label name is needed");
    const std::size_t begin = token_.begin;
    Matcher matcher;
    matcher.label = std::move(token_.text);
    if (matcher.label.empty()) return wrong("a label name is needed");
    if (!base::is_valid_utf8(matcher.label)) return wrong("the label name is not UTF-8");
    advance();
    if (quoted && (token_.kind == TokenKind::comma || token_.kind == TokenKind::right_brace)) {
      return wrong_at(begin, "a metric name cannot be enforced, a label's value can");
    }
    if (matcher.label == "__name__") {
      return wrong_at(begin, "__name__ cannot be enforced: every query has metric names of its own");
    }
    const auto op = match_operator(token_.kind);
    if (!op) return wrong("=, !=, =~ or !~ is needed after the label name");
    matcher.op = *op;
    advance();
    if (token_.kind != TokenKind::string) return wrong("a value in quotation marks is needed");
    matcher.value = std::move(token_.text);
    if (!base::is_valid_utf8(matcher.value)) return wrong("the value is not UTF-8");
    if (matcher.op == MatchOp::regex || matcher.op == MatchOp::not_regex) {
      if (const auto problem = regex_problem(matcher.value)) return wrong("not a regular expression: " + *problem);
    }
    advance();
    return matcher;
  }

  std::string text_;
  std::ptrdiff_t offset_;
  Lexer lexer_;
  Token token_;
};

}  // namespace

Result<std::vector<Matcher>> parse_matchers(std::string_view text) {
  if (text.size() > kMaxText) return base::fail(base::ErrorKind::invalid_argument, "longer than 64 KiB");
  const std::string_view inner = trimmed(text);
  const bool braced = inner.starts_with('{');
  const auto skipped = inner.empty() ? 0 : inner.data() - text.data();
  std::string whole = braced ? std::string(inner) : "{" + std::string(inner) + "}";
  return MatchersReader(std::move(whole), braced ? skipped : skipped - 1).read();
}

}  // namespace spm::promql
