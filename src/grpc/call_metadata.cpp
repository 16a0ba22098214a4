#include "call_metadata.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>

namespace spm::grpc {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string_view first_value(const Metadata& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string_view{} : std::string_view(found->second.data(), found->second.length());
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool is_visible(char c) { return c > ' ' && c < '\x7f'; }

/// `text` when it can stand behind "Bearer " in a header, else nothing.
std::string_view as_token(std::string_view text) {
  text = trimmed(text);
  return std::ranges::all_of(text, is_visible) ? text : std::string_view{};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// What follows the scheme "Bearer" in the value of an authorization header.
std::string_view bearer_credentials(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  authorization = trimmed(authorization);
  if (authorization.size() < kScheme.size()) return {};
  if (!std::ranges::equal(authorization.substr(0, kScheme.size()), kScheme, {}, lower)) return {};
  return as_token(authorization.substr(kScheme.size()));
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kHexDigits.find(c) != std::string_view::npos; });
}

bool all_zero(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '0'; });
}

bool is_request_id(std::string_view text) {
  constexpr std::size_t kMaxBytes = 128;
  return !text.empty() && text.size() <= kMaxBytes && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  });
}

std::string new_request_id() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  std::uint64_t bits = random();
  std::string id;
  for (int digit = 0; digit < 16; ++digit, bits >>= 4U) id += kHexDigits[bits & 0xFU];
  return id;
}

}  // namespace

std::string read_bearer_token(const Metadata& metadata) {
  for (const std::string_view token :
       {bearer_credentials(first_value(metadata, "authorization")), as_token(first_value(metadata, "bearer.token")),
        as_token(first_value(metadata, "x-forwarded-access-token"))}) {
    if (!token.empty()) return std::string(token);
  }
  return {};
}

std::string read_traceparent(const Metadata& metadata) {
  // version "-" trace-id "-" parent-id "-" flags: 2, 32, 16 and 2 lower-case hex digits.
  constexpr std::size_t kLength = 55;
  const std::string_view text = first_value(metadata, "traceparent");
  if (text.size() != kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return {};
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  if (!is_hex(version) || !is_hex(trace) || !is_hex(parent) || !is_hex(text.substr(53))) return {};
  if (version == "ff" || all_zero(trace) || all_zero(parent)) return {};
  return std::string(text);
}

std::string read_or_make_request_id(const Metadata& metadata) {
  const std::string_view given = first_value(metadata, "x-request-id");
  return is_request_id(given) ? std::string(given) : new_request_id();
}

std::string metadata_value(std::string_view text) {
  constexpr std::size_t kMaxBytes = 1'000;
  constexpr std::string_view kUpperHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : trimmed(text)) {
    const auto byte = static_cast<std::uint8_t>(c);
    const bool plain = byte >= 0x20 && byte < 0x7F && c != '%';
    if (out.size() + (plain ? 1U : 3U) > kMaxBytes) break;
    if (plain) {
      out += c;
    } else {
      out += {'%', kUpperHex[byte >> 4U], kUpperHex[byte & 0xFU]};
    }
  }
  return out;
}

std::string metadata_key(std::string_view header_name) {
  std::string key(header_name);
  std::ranges::transform(key, key.begin(), lower);
  return key;
}

}  // namespace spm::grpc
