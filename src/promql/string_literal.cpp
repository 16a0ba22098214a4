#include "string_literal.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include <spm/base/utf8.hpp>

namespace spm::promql {
namespace {

using Result = tl::expected<StringLiteral, StringLiteralError>;

std::optional<std::uint32_t> digit(char c, std::uint32_t base) noexcept {
  std::uint32_t value = base;
  if (c >= '0' && c <= '9') value = static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') value = static_cast<std::uint32_t>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') value = static_cast<std::uint32_t>(c - 'A') + 10;
  if (value >= base) return std::nullopt;
  return value;
}

std::optional<std::uint32_t> digits(std::string_view text, std::size_t count, std::uint32_t base) noexcept {
  if (text.size() < count) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, count)) {
    const auto one = digit(c, base);
    if (!one) return std::nullopt;
    value = value * base + *one;
  }
  return value;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto byte = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xC0U | (code_point >> 6U));
    byte(0x80U | (code_point & 0x3FU));
  } else if (code_point < 0x10000) {
    byte(0xE0U | (code_point >> 12U));
    byte(0x80U | ((code_point >> 6U) & 0x3FU));
    byte(0x80U | (code_point & 0x3FU));
  } else {
    byte(0xF0U | (code_point >> 18U));
    byte(0x80U | ((code_point >> 12U) & 0x3FU));
    byte(0x80U | ((code_point >> 6U) & 0x3FU));
    byte(0x80U | (code_point & 0x3FU));
  }
}

/// Escapes of one character, and what they stand for.
constexpr std::string_view kLetters = "abfnrtv\\";
constexpr std::array<char, 8> kMeanings = {'\a', '\b', '\f', '\n', '\r', '\t', '\v', '\\'};

/// Appends what the escape after a backslash stands for. The number of bytes it took, 0 when it means nothing.
std::size_t read_escape(std::string_view text, char quote, std::string& out) {
  if (text.empty()) return 0;
  const char c = text.front();
  if (c == quote) {
    out += c;
    return 1;
  }
  if (const std::size_t known = kLetters.find(c); known != std::string_view::npos) {
    out += kMeanings.at(known);
    return 1;
  }
  if (c >= '0' && c <= '7') {
    const auto value = digits(text, 3, 8);
    if (!value || *value > 0xFF) return 0;
    out += static_cast<char>(*value);
    return 3;
  }
  if (c == 'x') {
    const auto value = digits(text.substr(1), 2, 16);
    if (!value) return 0;
    out += static_cast<char>(*value);
    return 3;
  }
  if (c != 'u' && c != 'U') return 0;
  const std::size_t count = c == 'u' ? 4 : 8;
  const auto value = digits(text.substr(1), count, 16);
  if (!value || *value > 0x10FFFF || (*value >= 0xD800 && *value < 0xE000)) return 0;
  append_utf8(out, *value);
  return count + 1;
}

Result error(std::size_t offset, std::string reason) {
  return tl::unexpected<StringLiteralError>({offset, std::move(reason)});
}

}  // namespace

Result read_string_literal(std::string_view text) {
  const char quote = text.front();
  StringLiteral literal;
  std::size_t at = 1;
  while (at < text.size()) {
    const char c = text[at];
    if (c == quote) {
      // Broken bytes are not to stand there as they are; an escape such as \xff is fine.
      if (!base::is_valid_utf8(text.substr(0, at))) return error(0, "a string that is not UTF-8");
      literal.length = at + 1;
      return literal;
    }
    if (quote != '`' && c == '\n') break;
    if (quote != '`' && c == '\\') {
      const std::size_t taken = read_escape(text.substr(at + 1), quote, literal.value);
      if (taken == 0) return error(at, "unknown escape sequence in a string");
      at += taken + 1;
    } else {
      literal.value += c;
      ++at;
    }
  }
  return error(0, "a string that does not end");
}

}  // namespace spm::promql
