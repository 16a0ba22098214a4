#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <grpcpp/server_context.h>

#include <spm/base/error.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::grpc {

/// One call, as the access log and /metrics see it. Counts it in flight for as long as it lives; closed once, by
/// answered() or failed(), before the answer is handed to gRPC.
class CallRecord {
 public:
  /// `method` has static storage. Sends the request id as initial metadata.
  CallRecord(::grpc::CallbackServerContext& context, std::string_view method, telemetry::Metrics& metrics,
             telemetry::Log& log);

  const std::string& request_id() const noexcept { return request_id_; }

  void answered();
  /// Puts retry-after into the trailing metadata where the error has one. Returns what to finish the call with.
  ::grpc::Status failed(const base::Error& error);

 private:
  void close(::grpc::StatusCode code, std::string_view message);

  ::grpc::CallbackServerContext& context_;
  std::string_view method_;
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  telemetry::Metrics::InFlight in_flight_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::string request_id_;
};

}  // namespace spm::grpc
