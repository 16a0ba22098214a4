#include "caller.hpp"

#include <spm/base/build_info.hpp>
#include <spm/base/caller_text.hpp>

#include "text.hpp"

namespace spm::http {
std::string request_id(const Headers& headers) {
  const std::string* given = headers.find("x-request-id");
  return given != nullptr && base::is_request_id(*given) ? *given : base::new_request_id();
}

std::string bearer_token(const Headers& headers) {
  if (const std::string* authorization = headers.find("authorization")) {
    if (headers.count("authorization") > 1) return {};
    // Basic and its like are for someone else; a broken bearer token is not replaced by another header's.
    if (equal_ignoring_case(std::string_view(*authorization).substr(0, 7), "bearer ")) {
      return std::string(base::bearer_token_in(*authorization));
    }
  }
  const std::string* forwarded = headers.find("x-forwarded-access-token");
  if (forwarded == nullptr || headers.count("x-forwarded-access-token") > 1 || !base::is_token(*forwarded)) return {};
  return *forwarded;
}

std::string traceparent(const Headers& headers) {
  const std::string* value = headers.find("traceparent");
  if (value == nullptr || headers.count("traceparent") > 1 || !base::is_traceparent(*value)) return {};
  return *value;
}

bool wants_fresh(const Headers& headers) noexcept {
  constexpr const char* kCacheControl = "cache-control";
  if (headers.find(kCacheControl) == nullptr) return headers.has_token("pragma", "no-cache");
  return headers.has_token(kCacheControl, "no-cache") || headers.has_token(kCacheControl, "no-store");
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
