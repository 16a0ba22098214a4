#include "regex_syntax.hpp"

#include <cstddef>

namespace spm::promql {
namespace {

constexpr std::size_t kMaxNesting = 200;

/// Walks over a pattern once: whether its parts fit together, and whether they can all match nothing.
class PatternReader {
 public:
  explicit PatternReader(std::string_view pattern) : pattern_(pattern) {}

  void read() {
    const bool empty = alternation(0);
    if (problem_.empty() && !ended() && !gave_up_) problem_ = "a ')' without its '('";
    matches_empty_ = empty && problem_.empty() && !gave_up_;
  }

  const std::string& problem() const noexcept { return problem_; }
  bool matches_empty() const noexcept { return matches_empty_; }

 private:
  bool ended() const noexcept { return at_ >= pattern_.size(); }
  bool stopped() const noexcept { return ended() || !problem_.empty() || gave_up_; }
  bool begins(std::string_view text) const noexcept { return pattern_.substr(at_).starts_with(text); }

  bool alternation(std::size_t nesting) {
    if (nesting > kMaxNesting) {
      gave_up_ = true;
      return false;
    }
    bool any = branch(nesting);
    while (!stopped() && pattern_[at_] == '|') {
      ++at_;
      any = branch(nesting) || any;
    }
    return any;
  }

  bool branch(std::size_t nesting) {
    bool all = true;
    while (!stopped() && pattern_[at_] != '|' && pattern_[at_] != ')') {
      const bool one = atom(nesting);
      all = repetition(one) && all;
    }
    return all;
  }

  bool atom(std::size_t nesting) {
    switch (pattern_[at_]) {
      case '(':
        return group(nesting);
      case '[':
        character_class();
        return false;
      case '\\':
        return escape();
      case '^':
      case '$':
        ++at_;
        return true;
      case '*':
      case '+':
      case '?':
        problem_ = "nothing before '" + std::string(1, pattern_[at_]) + "' to repeat";
        return false;
      default:
        ++at_;
        return false;
    }
  }

  bool group(std::size_t nesting) {
    ++at_;
    if (begins("?")) {
      const std::size_t end = pattern_.find_first_of(":)>", at_);
      if (end == std::string_view::npos) {
        problem_ = "a '(?' that does not end";
        return false;
      }
      const bool flags_only = pattern_[end] == ')';
      at_ = end + 1;
      if (flags_only) return true;
    }
    const bool empty = alternation(nesting + 1);
    if (gave_up_ || !problem_.empty()) return false;
    if (ended()) {
      problem_ = "a '(' without its ')'";
      return false;
    }
    ++at_;
    return empty;
  }

  void character_class() {
    ++at_;
    if (begins("^")) ++at_;
    bool first = true;
    while (!ended() && (first || pattern_[at_] != ']')) {
      first = false;
      if (begins("[:")) {
        const std::size_t end = pattern_.find(":]", at_ + 2);
        at_ = end == std::string_view::npos ? at_ + 1 : end + 2;
      } else {
        at_ += pattern_[at_] == '\\' ? 2 : 1;
      }
    }
    if (ended()) {
      problem_ = "a '[' without its ']'";
      return;
    }
    ++at_;
  }

  /// Whether what the escape stands for can match nothing.
  bool escape() {
    if (at_ + 1 >= pattern_.size()) {
      problem_ = "a backslash at the end";
      return false;
    }
    const char c = pattern_[at_ + 1];
    at_ += 2;
    if (c == 'Q') {
      const std::size_t end = pattern_.find("\\E", at_);
      const bool nothing = end == at_ || at_ == pattern_.size();
      at_ = end == std::string_view::npos ? pattern_.size() : end + 2;
      return nothing;
    }
    constexpr std::string_view kKnown = "AabBCdDEfnpPrsStvwWxz01234567";
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter && kKnown.find(c) == std::string_view::npos) {
      problem_ = "an unknown escape, '\\" + std::string(1, c) + "'";
      return false;
    }
    if ((c == 'p' || c == 'P' || c == 'x') && begins("{")) {
      const std::size_t end = pattern_.find('}', at_);
      at_ = end == std::string_view::npos ? pattern_.size() : end + 1;
    }
    return c == 'A' || c == 'B' || c == 'z';
  }

  bool repetition(bool empty) {
    if (stopped()) return empty;
    const char c = pattern_[at_];
    if (c == '*' || c == '?' || c == '+') {
      ++at_;
      empty = empty || c != '+';
    } else if (c == '{') {
      const std::size_t end = pattern_.find('}', at_);
      const std::string_view count = pattern_.substr(at_ + 1, end == std::string_view::npos ? 0 : end - at_ - 1);
      const bool counted = !count.empty() && count.front() >= '0' && count.front() <= '9' &&
                           count.find_first_not_of("0123456789,") == std::string_view::npos;
      if (!counted) return empty;  // an ordinary brace
      at_ = end + 1;
      empty = empty || count == "0" || count.starts_with("0,");
    } else {
      return empty;
    }
    if (begins("?")) ++at_;
    if (!ended() && (begins("*") || begins("+") || begins("?"))) problem_ = "a repetition of a repetition";
    return empty;
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  std::string problem_;
  bool gave_up_ = false;
  bool matches_empty_ = false;
};

}  // namespace

std::optional<std::string> regex_problem(std::string_view pattern) {
  PatternReader reader(pattern);
  reader.read();
  if (reader.problem().empty()) return std::nullopt;
  return reader.problem();
}

bool regex_matches_empty(std::string_view pattern) {
  PatternReader reader(pattern);
  reader.read();
  return reader.matches_empty();
}

}  // namespace spm::promql
