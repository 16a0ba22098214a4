#pragma once

#include <string_view>

#include <grpcpp/support/status.h>

#include <spm/base/error.hpp>

namespace spm::grpc {

/// What the caller is told. The message is cut so that it fits into a client's limit of metadata (8 KiB by default).
::grpc::Status to_status(const base::Error& error);

/// "OK", "INVALID_ARGUMENT": the names that gRPC documents.
std::string_view code_name(::grpc::StatusCode code) noexcept;

}  // namespace spm::grpc
