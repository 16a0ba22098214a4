#pragma once

#include <string>
#include <string_view>

/// What callers say of themselves in headers and metadata, checked alike at every door: it goes into logs and into
/// requests to the store.
namespace spm::base {

/// 1 to 128 characters of [A-Za-z0-9._-].
bool is_request_id(std::string_view text) noexcept;
/// 16 random hexadecimal digits.
std::string new_request_id();

/// A W3C trace context, of any version but ff.
bool is_traceparent(std::string_view text) noexcept;

/// The token in `Bearer <token>`, the scheme in any letter case; empty when it is another scheme, or holds what no
/// token has (spaces, control bytes, bytes above 0x7E).
std::string_view bearer_token_in(std::string_view authorization) noexcept;
/// Not empty, and nothing but visible ASCII.
bool is_token(std::string_view text) noexcept;

}  // namespace spm::base
