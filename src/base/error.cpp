#include <array>

#include <spm/base/error.hpp>

namespace spm::base {
namespace {

// gRPC codes, by number so that this module needs no gRPC header.
constexpr int kCancelled = 1;
constexpr int kInvalidArgument = 3;
constexpr int kDeadlineExceeded = 4;
constexpr int kNotFound = 5;
constexpr int kPermissionDenied = 7;
constexpr int kResourceExhausted = 8;
constexpr int kFailedPrecondition = 9;
constexpr int kUnimplemented = 12;
constexpr int kInternal = 13;
constexpr int kUnavailable = 14;
constexpr int kUnauthenticated = 16;

using enum ErrorKind;
using enum Severity;

// The one place that says what an error means outside.
constexpr std::array kTable = {
    ErrorTraits{invalid_argument, 400, kInvalidArgument, debug, "invalid_argument"},
    ErrorTraits{malformed_request, 400, kInvalidArgument, info, "malformed_request"},
    ErrorTraits{no_such_route, 404, kNotFound, debug, "no_such_route"},
    ErrorTraits{method_not_allowed, 405, kUnimplemented, debug, "method_not_allowed"},
    ErrorTraits{request_timeout, 408, kDeadlineExceeded, info, "request_timeout"},
    ErrorTraits{body_too_large, 413, kResourceExhausted, info, "body_too_large"},
    ErrorTraits{header_too_large, 431, kResourceExhausted, info, "header_too_large"},
    ErrorTraits{unauthenticated, 401, kUnauthenticated, info, "unauthenticated"},
    ErrorTraits{permission_denied, 403, kPermissionDenied, info, "permission_denied"},
    ErrorTraits{rate_limited, 429, kResourceExhausted, warning, "rate_limited"},
    ErrorTraits{query_rejected, 400, kInvalidArgument, warning, "query_rejected"},
    ErrorTraits{answer_too_large, 422, kResourceExhausted, warning, "answer_too_large"},
    ErrorTraits{store_unreachable, 502, kUnavailable, error, "store_unreachable"},
    ErrorTraits{store_misbehaved, 502, kUnavailable, error, "store_misbehaved"},
    ErrorTraits{store_refused_us, 502, kUnavailable, error, "store_refused_us"},
    ErrorTraits{deadline_exceeded, 504, kDeadlineExceeded, warning, "deadline_exceeded"},
    ErrorTraits{overloaded, 503, kUnavailable, warning, "overloaded"},
    ErrorTraits{shutting_down, 503, kUnavailable, info, "shutting_down"},
    ErrorTraits{cancelled, 499, kCancelled, info, "cancelled"},
    ErrorTraits{loop_detected, 508, kFailedPrecondition, error, "loop_detected"},
    ErrorTraits{disabled, 501, kUnimplemented, debug, "disabled"},
    ErrorTraits{internal, 500, kInternal, error, "internal"},
};

consteval bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].kind) != i) return false;
  }
  return kTable.size() == static_cast<std::size_t>(internal) + 1;
}
static_assert(in_order(), "every ErrorKind has its row, in the order of the enumerators");

}  // namespace

const ErrorTraits& traits(ErrorKind kind) noexcept { return kTable[static_cast<std::size_t>(kind)]; }

std::span<const ErrorTraits> all_error_traits() noexcept { return kTable; }

Error invalid_parameter(std::string_view name, std::string reason) {
  return Error(ErrorKind::invalid_argument, std::move(reason)).about(std::string(name));
}

}  // namespace spm::base
