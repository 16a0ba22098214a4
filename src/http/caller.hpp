#pragma once

#include <string>
#include <string_view>

#include <spm/http/message.hpp>

namespace spm::http {

// What a request's headers tell about its caller.

/// The caller's X-Request-Id when it is 1 to 128 characters of [A-Za-z0-9._-], else 16 random hexadecimal digits.
std::string request_id(const Headers& headers);

/// The token of `Authorization: Bearer`, else of X-Forwarded-Access-Token; empty where there is none, where either
/// header comes twice, or where it holds what no token has (spaces, control bytes).
std::string bearer_token(const Headers& headers);

/// The traceparent header when it is a well-formed W3C trace context and the only one, else empty.
std::string traceparent(const Headers& headers);

/// Whether the caller wants nothing that is kept: Cache-Control says no-cache or no-store; or there is none, and Pragma
/// says no-cache.
bool wants_fresh(const Headers& headers) noexcept;

/// Whether a Via header names this service: the request has been here before.
bool came_through_us(const Headers& headers) noexcept;

}  // namespace spm::http
