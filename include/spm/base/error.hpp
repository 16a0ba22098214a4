#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spm::base {

/// Why a request was not answered. One enumerator for each thing that a caller, a log reader or an alert must be able
/// to tell apart. What each means on the wire stands in one table: see traits().
enum class ErrorKind : std::uint8_t {
  invalid_argument,    ///< a parameter cannot mean anything; Error::parameter names it
  malformed_request,   ///< the HTTP framing is refused before anything is parsed
  no_such_route,       ///< no such path
  method_not_allowed,  ///< the path exists, the method does not
  request_timeout,     ///< the client did not finish sending its request in time
  body_too_large,      ///< the request's body is over its limit, or none is expected
  header_too_large,    ///< the request's head is over its limits
  unauthenticated,     ///< the store refused the caller's own token with 401
  permission_denied,   ///< the store refused the caller's own token with 403
  rate_limited,        ///< the store answered 429
  query_rejected,      ///< the store answered 400 or 422: its message is passed on
  answer_too_large,    ///< more series than a request may touch
  store_unreachable,   ///< no connection, no name, or the breaker is open
  store_misbehaved,    ///< an answer that is not what a Prometheus sends, or one that stops half way
  store_refused_us,    ///< 401 or 403 for this service's own credentials
  deadline_exceeded,   ///< our deadline, or the store's
  overloaded,          ///< too much is waiting already
  shutting_down,       ///< the process is ending
  cancelled,           ///< the caller went away
  loop_detected,       ///< a request that has already passed through this service
  disabled,            ///< no metrics store is configured
  internal,            ///< a defect of ours
};

/// How loud the log is about an error.
enum class Severity : std::uint8_t {
  debug,
  info,
  warning,
  error
};

/// What an ErrorKind means at each door, in the log and in /metrics.
struct ErrorTraits {
  ErrorKind kind;
  int http_status;
  int grpc_code;  ///< number of grpc::StatusCode; a number, so that base needs no gRPC
  Severity severity;
  std::string_view label;  ///< the value of the `kind` label in /metrics and logs
};

/// The row of the one table for `kind`.
const ErrorTraits& traits(ErrorKind kind) noexcept;

/// The whole table, in the order of the enumerators.
std::span<const ErrorTraits> all_error_traits() noexcept;

/// Something that went wrong, in words for the caller. Says what, where, and what to do. Never holds a secret.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;                              ///< for the caller
  std::string parameter;                            ///< public name of the parameter at fault, or empty
  std::optional<std::chrono::seconds> retry_after;  ///< when trying again can help
  std::string log_detail;                           ///< for logs only: causes, snippets

  // A constructor, not an aggregate: g++ 12 destroys aggregate temporaries twice in expressions that contain co_await.
  Error() = default;
  Error(ErrorKind error_kind, std::string text) : kind(error_kind), message(std::move(text)) {}

  Error&& about(std::string name) && {
    parameter = std::move(name);
    return std::move(*this);
  }
  Error&& retry_in(std::optional<std::chrono::seconds> delay) && {
    retry_after = delay;
    return std::move(*this);
  }
  Error&& with_detail(std::string detail) && {
    log_detail = std::move(detail);
    return std::move(*this);
  }
};

/// The error of a parameter that cannot mean anything. `reason` names the parameter in words of its own where a
/// reader of the bare reason would need it.
Error invalid_parameter(std::string_view name, std::string reason);

}  // namespace spm::base
