#include "text.hpp"

namespace spm::http {

std::string_view trimmed(std::string_view text) noexcept {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_token_char(char c) noexcept {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c != '\0' && kMarks.find(c) != std::string_view::npos);
}

std::optional<std::string_view> ListReader::next() noexcept {
  while (!rest_.empty()) {
    const std::size_t comma = rest_.find(',');
    const std::string_view member = trimmed(rest_.substr(0, comma));
    rest_ = comma == std::string_view::npos ? std::string_view() : rest_.substr(comma + 1);
    if (!member.empty()) return member;
  }
  return std::nullopt;
}

}  // namespace spm::http
