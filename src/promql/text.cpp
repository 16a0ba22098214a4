#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <spm/base/utf8.hpp>
#include <spm/promql/text.hpp>

#include "keywords.hpp"

namespace spm::promql {
namespace {

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

void append_hex(std::string& out, char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto bits = static_cast<unsigned char>(byte);
  out += "\\x";
  out += kDigits[bits >> 4U];
  out += kDigits[bits & 0xFU];
}

/// Length of the well-formed code point at the start of `text`, or 0.
std::size_t code_point_length(std::string_view text) noexcept {
  for (std::size_t length = 1; length <= std::min<std::size_t>(4, text.size()); ++length) {
    if (base::is_valid_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (c < 0x20 || c == 0x7F) {
    append_hex(out, c);
  } else {
    out += c;
  }
}

std::string escape_identifier(std::string_view name) {
  std::string out;
  // A backslash before a word of the language makes it a name.
  if (is_identifier(name)) out += '\\';
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (is_letter(c) || (is_digit(c) && i > 0)) {
      out += c;
    } else if (c > 0x20 && c < 0x7F) {
      out += '\\';
      out += c;
    } else {
      append_hex(out, c);
    }
  }
  return out;
}

}  // namespace

std::string quote_string(std::string_view bytes) {
  // Prometheus takes U+FFFD inside a literal for a sign of broken UTF-8, so it is always written as an escape.
  constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";
  std::string out;
  out.reserve(bytes.size() + 2);
  out += '"';
  while (!bytes.empty()) {
    const std::size_t length = code_point_length(bytes);
    const std::string_view code_point = bytes.substr(0, length);
    if (length == 0) {
      append_hex(out, bytes.front());
    } else if (length == 1) {
      append_ascii(out, bytes.front());
    } else if (code_point == kReplacementCharacter) {
      out += "\\ufffd";
    } else {
      out += code_point;
    }
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += '"';
  return out;
}

std::string quote_regex(std::string_view text) {
  constexpr std::string_view kSpecial = "\\.+*?()|[]{}^$";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (kSpecial.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

bool is_identifier(std::string_view name) noexcept {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

std::string label_name(std::string_view name, Dialect dialect) {
  // "inf" and "nan" are numbers in a grouping list.
  if (is_identifier(name) && keyword(name) != Keyword::number) return std::string(name);
  return dialect == Dialect::prometheus ? quote_string(name) : escape_identifier(name);
}

bool is_plain_metric_name(std::string_view name) noexcept {
  if (name.empty() || !(is_letter(name.front()) || name.front() == ':')) return false;
  if (!std::all_of(name.begin(), name.end(), [](char c) { return is_letter(c) || is_digit(c) || c == ':'; })) {
    return false;
  }
  return keyword(name) == Keyword::none;
}

std::string metric_name_matcher(std::string_view name) { return "__name__=" + quote_string(name); }

std::string duration(std::int64_t ms) {
  struct Unit {
    std::int64_t ms;
    std::string_view name;
  };
  constexpr std::array<Unit, 4> kUnits = {{{3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}}};
  std::string out;
  for (const Unit& unit : kUnits) {
    const std::int64_t count = ms / unit.ms;
    if (count == 0) continue;
    out += std::to_string(count);
    out += unit.name;
    ms %= unit.ms;
  }
  return out;
}

std::string decimal_seconds(std::int64_t ms) {
  // Unsigned, so that the smallest value has a magnitude too.
  const bool negative = ms < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(ms) : static_cast<std::uint64_t>(ms);
  std::string out = (negative ? "-" : "") + std::to_string(magnitude / 1000);
  const std::uint64_t fraction = magnitude % 1000;
  if (fraction == 0) return out;
  std::string digits = std::to_string(1000 + fraction).substr(1);
  digits.erase(digits.find_last_not_of('0') + 1);
  return out + '.' + digits;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Inf" : "-Inf";
  std::array<char, 32> buffer{};
  const auto [end, problem] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return problem == std::errc() ? std::string(buffer.data(), end) : std::string();
}

}  // namespace spm::promql
