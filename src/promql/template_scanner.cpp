#include "template_scanner.hpp"

#include <utility>

namespace spm::promql {
namespace {

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Whether a fragment right beside this byte could run together with it into one token. A colon could too, but
/// subqueries need it ([{{window}}:1m]), and the samples that a template is tried with tell the cases apart.
bool continues_a_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.\\\"'`").find(c) != std::string_view::npos || static_cast<unsigned char>(c) >= 0x80;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  tl::expected<std::vector<TemplateItem>, TemplateProblem> scan() {
    while (at_ < text_.size() && problem_.empty()) {
      const char c = text_[at_];
      if (is_space(c)) {
        space_ = true;
        step();
      } else if (c == '#') {
        comment();
      } else if (c == '"' || c == '\'' || c == '`') {
        string();
      } else if (begins_placeholder()) {
        placeholder();
      } else if (begins("{{{{")) {
        problem_ = "'{{' without a placeholder";
      } else if (begins("}}")) {
        problem_ = "'}}' without its '{{'";
      } else {
        put(c);  // also the first brace of {{{matchers}}}, which is a brace and a placeholder in it
      }
    }
    if (!problem_.empty()) return tl::unexpected<TemplateProblem>({line_, problem_});
    return std::move(items_);
  }

 private:
  bool begins(std::string_view word) const noexcept { return text_.substr(at_).starts_with(word); }

  void step() {
    if (text_[at_] == '\n') ++line_;
    ++at_;
  }

  void comment() {
    space_ = true;
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  TemplateItem& literal() {
    if (items_.empty() || items_.back().placeholder) items_.emplace_back();
    return items_.back();
  }

  void append(char c) {
    TemplateItem& item = literal();
    item.text += c;
    item.lines.push_back(line_);
  }

  /// White space is dropped where brackets and commas end a token anyway.
  void settle_space(char next) {
    constexpr std::string_view kOpening = "([{";
    constexpr std::string_view kClosing = ")]},[";
    const bool matters =
        kOpening.find(last_) == std::string_view::npos && kClosing.find(next) == std::string_view::npos;
    if (space_ && !items_.empty() && matters) append(' ');
    space_ = false;
  }

  void put(char c) {
    if (after_placeholder_ && !space_ && continues_a_word(c)) {
      problem_ = "something stands right after a placeholder; put a space, a bracket or an operator between them";
      return;
    }
    settle_space(c);
    append(c);
    last_ = c;
    after_placeholder_ = false;
    step();
  }

  void string() {
    const char quote = text_[at_];
    put(quote);
    while (at_ < text_.size() && problem_.empty()) {
      if (begins("{{") || begins("}}")) {
        problem_ = "'{{' or '}}' inside a string; a placeholder cannot stand there";
        return;
      }
      const char c = text_[at_];
      append(c);
      step();
      if (c == quote) break;
      if (c == '\\' && quote != '`' && at_ < text_.size()) {
        append(text_[at_]);
        step();
      }
    }
    last_ = quote;
  }

  bool begins_placeholder() const noexcept { return begins("{{") && !begins("{{{"); }

  void placeholder() {
    const std::size_t end = text_.find("}}", at_ + 2);
    const std::size_t line_end = text_.find('\n', at_);
    if (end == std::string_view::npos || end > line_end) {
      problem_ = "'{{' without '}}' on the same line";
      return;
    }
    if (!space_ && (after_placeholder_ || continues_a_word(last_))) {
      problem_ = "something stands right before a placeholder; put a space, a bracket or an operator between them";
      return;
    }
    settle_space('x');
    TemplateItem item;
    item.placeholder = true;
    item.text = trimmed(text_.substr(at_ + 2, end - at_ - 2));
    item.lines.assign(item.text.size() + 1, line_);
    items_.push_back(std::move(item));
    at_ = end + 2;
    last_ = 'x';
    after_placeholder_ = true;
  }

  static std::string trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return std::string(text);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  bool space_ = false;
  char last_ = '(';  ///< the last byte outside white space; at the beginning nothing can be glued
  bool after_placeholder_ = false;
  std::string problem_;
  std::vector<TemplateItem> items_;
};

}  // namespace

tl::expected<std::vector<TemplateItem>, TemplateProblem> scan_template(std::string_view text) {
  return Scanner(text).scan();
}

}  // namespace spm::promql
