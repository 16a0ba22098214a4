#include "caller.hpp"

#include <algorithm>
#include <random>

#include <spm/base/build_info.hpp>

#include "text.hpp"

namespace spm::http {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool is_request_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::string random_id() {
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

bool is_hex_not_zero(std::string_view text) noexcept {
  return text.find_first_not_of(kHex) == std::string_view::npos &&
         text.find_first_not_of('0') != std::string_view::npos;
}

/// 00-<32 hex>-<16 hex>-<2 hex>; later versions may have more behind it.
bool is_traceparent(std::string_view text) noexcept {
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view version = text.substr(0, 2);
  if (version.find_first_not_of(kHex) != std::string_view::npos || version == "ff") return false;
  if (text.size() > 55 && (version == "00" || text[55] != '-' || text.size() > 512 || !is_token(text))) return false;
  return is_hex_not_zero(text.substr(3, 32)) && is_hex_not_zero(text.substr(36, 16)) &&
         text.substr(53, 2).find_first_not_of(kHex) == std::string_view::npos;
}

}  // namespace

std::string request_id(const Headers& headers) {
  const std::string* given = headers.find("x-request-id");
  return given != nullptr && is_request_id(*given) ? *given : random_id();
}

std::string bearer_token(const Headers& headers) {
  constexpr std::string_view kScheme = "bearer ";
  if (const std::string* authorization = headers.find("authorization")) {
    const std::string_view value = *authorization;
    if (headers.count("authorization") > 1) return {};
    if (value.size() > kScheme.size() && equal_ignoring_case(value.substr(0, kScheme.size()), kScheme)) {
      const std::string_view token = trimmed(value.substr(kScheme.size()));
      return is_token(token) ? std::string(token) : std::string();
    }
  }
  const std::string* forwarded = headers.find("x-forwarded-access-token");
  if (forwarded == nullptr || headers.count("x-forwarded-access-token") > 1 || !is_token(*forwarded)) return {};
  return *forwarded;
}

std::string traceparent(const Headers& headers) {
  const std::string* value = headers.find("traceparent");
  if (value == nullptr || headers.count("traceparent") > 1 || !is_traceparent(*value)) return {};
  return *value;
}

bool came_through_us(const Headers& headers) noexcept {
  for (const Header& field : headers) {
    if (!equal_ignoring_case(field.name, "via")) continue;
    ListReader list(field.value);
    while (const auto member = list.next()) {  // "1.1 name (comment)"
      const std::size_t space = member->find_first_of(" \t");
      if (space == std::string_view::npos) continue;
      const std::string_view rest = trimmed(member->substr(space));
      if (equal_ignoring_case(rest.substr(0, rest.find_first_of(" \t")), base::kProgramName)) return true;
    }
  }
  return false;
}

}  // namespace spm::http
