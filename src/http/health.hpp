#pragma once

#include <optional>
#include <string_view>

#include <spm/http/message.hpp>
#include <spm/http/readiness.hpp>

namespace spm::http {

/// The answer to /livez, /readyz and `OPTIONS /`, on every listener; nullopt for any other path. Answers GET, HEAD and
/// OPTIONS (haproxy's default check is an OPTIONS of HTTP/1.0), other methods with 405.
std::optional<Response> answer_health(const RequestHead& head, std::string_view path, const Readiness& readiness);

/// A plain text answer.
Response text_response(int status, std::string_view text);

/// 405 that says what is allowed, with Jaeger's error envelope as its body.
Response method_not_allowed(const RequestHead& head, std::string_view allowed);

/// 404 as Jaeger writes it.
Response not_found();

/// Jaeger's error envelope for `error` with `status`.
Response error_response(const base::Error& error, int status);

}  // namespace spm::http
