#include <cstdint>

#include <spm/base/utf8.hpp>

namespace spm::base {
namespace {

/// Length of the well-formed code point at the start of `text`, or 0.
std::size_t code_point_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;   // overlong
    if (first == 0xED && byte(1) >= 0xA0) return 0;  // surrogate
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;   // overlong
    if (first == 0xF4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

}  // namespace

bool is_valid_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = code_point_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kCut = "...";
  std::string out;
  while (!text.empty()) {
    std::size_t length = code_point_length(text);
    const auto first = static_cast<std::uint8_t>(text[0]);
    // C1 controls (U+0080 to U+009F) steer terminals as the ASCII ones do.
    const bool c1 = length == 2 && first == 0xC2 && static_cast<std::uint8_t>(text[1]) < 0xA0;
    const bool plain = length > 0 && !c1 && (length > 1 || (first >= 0x20 && first != 0x7F));
    if (length == 0) length = 1;
    const std::size_t written = plain ? length : length * 4;
    if (out.size() + written > max_bytes) return out.append(kCut);
    if (plain) {
      out.append(text.substr(0, length));
    } else {
      for (std::size_t i = 0; i < length; ++i) {
        const auto byte = static_cast<std::uint8_t>(text[i]);
        out += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xFU]};
      }
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace spm::base
