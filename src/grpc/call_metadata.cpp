#include "call_metadata.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <spm/base/caller_text.hpp>

namespace spm::grpc {
namespace {

std::string_view first_value(const Metadata& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string_view{} : std::string_view(found->second.data(), found->second.length());
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Whether any value of `key` has `token` in its comma-separated list, in any letter case. `token` is lower case.
bool lists(const Metadata& metadata, const char* key, std::string_view token) {
  const auto [first, last] = metadata.equal_range(key);
  for (auto entry = first; entry != last; ++entry) {
    std::string_view rest(entry->second.data(), entry->second.length());
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      if (std::ranges::equal(trimmed(rest.substr(0, comma)), token, {}, lower)) return true;
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return false;
}

std::string token_of(std::string_view text) {
  text = trimmed(text);
  return base::is_token(text) ? std::string(text) : std::string();
}

}  // namespace

std::string read_bearer_token(const Metadata& metadata) {
  const std::string_view bearer = base::bearer_token_in(first_value(metadata, "authorization"));
  if (!bearer.empty()) return std::string(bearer);
  std::string token = token_of(first_value(metadata, "bearer.token"));
  return token.empty() ? token_of(first_value(metadata, "x-forwarded-access-token")) : token;
}

bool asks_for(const Metadata& metadata, const char* key) { return metadata.find(key) != metadata.end(); }

bool wants_fresh(const Metadata& metadata) {
  if (!asks_for(metadata, "cache-control")) return lists(metadata, "pragma", "no-cache");
  return lists(metadata, "cache-control", "no-cache") || lists(metadata, "cache-control", "no-store");
}

std::string read_traceparent(const Metadata& metadata) {
  const std::string_view text = first_value(metadata, "traceparent");
  return base::is_traceparent(text) ? std::string(text) : std::string();
}

std::string read_or_make_request_id(const Metadata& metadata) {
  const std::string_view given = first_value(metadata, "x-request-id");
  return base::is_request_id(given) ? std::string(given) : base::new_request_id();
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
