#pragma once

#include <string_view>

#include <spm/base/error.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::telemetry {

/// "http", "grpc", "admin": the value of the `door` label and field.
std::string_view door_name(Door door) noexcept;

/// One line about a request that was answered with `error`, as loud as its kind is, in the same words at every door.
/// The error's log_detail is shown for defects of ours and in debug logs: it may quote what the store sent.
void log_failure(Log& log, Door door, std::string_view method, std::string_view request_id, const base::Error& error);

}  // namespace spm::telemetry
