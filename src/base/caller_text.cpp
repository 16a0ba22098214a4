#include <algorithm>
#include <cstdint>
#include <random>

#include <spm/base/caller_text.hpp>

namespace spm::base {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool is_hex(std::string_view text) noexcept { return text.find_first_not_of(kHex) == std::string_view::npos; }

bool is_hex_not_zero(std::string_view text) noexcept {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trimmed(std::string_view text) noexcept {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

bool is_request_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::string new_request_id() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  std::uint64_t bits = generator();
  std::string id(16, '0');
  for (char& digit : id) {
    digit = kHex[bits & 0xFU];
    bits >>= 4U;
  }
  return id;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

bool is_traceparent(std::string_view text) noexcept {
  // 00-<32 hex>-<16 hex>-<2 hex>; later versions may have more behind it.
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return false;
  if (text.size() > 55 && (version == "00" || text[55] != '-' || text.size() > 512 || !is_token(text))) return false;
  return is_hex_not_zero(text.substr(3, 32)) && is_hex_not_zero(text.substr(36, 16)) && is_hex(text.substr(53, 2));
}

std::string_view bearer_token_in(std::string_view authorization) noexcept {
  constexpr std::string_view kScheme = "bearer ";
  authorization = trimmed(authorization);
  if (authorization.size() < kScheme.size()) return {};
  if (!std::ranges::equal(authorization.substr(0, kScheme.size()), kScheme, {}, lower)) return {};
  const std::string_view token = trimmed(authorization.substr(kScheme.size()));
  return is_token(token) ? token : std::string_view();
}

}  // namespace spm::base
