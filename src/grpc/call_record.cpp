#include "call_record.hpp"

#include <spm/telemetry/failure_report.hpp>

#include "call_metadata.hpp"
#include "status.hpp"

namespace spm::grpc {

CallRecord::CallRecord(::grpc::CallbackServerContext& context, std::string_view method, telemetry::Metrics& metrics,
                       telemetry::Log& log)
    : context_(context),
      method_(method),
      metrics_(metrics),
      log_(log),
      in_flight_(metrics, telemetry::Door::grpc),
      request_id_(read_or_make_request_id(context.client_metadata())) {
  context_.AddInitialMetadata("x-request-id", request_id_);
}

void CallRecord::answered() { close(::grpc::StatusCode::OK, {}); }

::grpc::Status CallRecord::failed(const base::Error& error) {
  ::grpc::Status status = to_status(error);
  if (error.retry_after) context_.AddTrailingMetadata("retry-after", std::to_string(error.retry_after->count()));
  metrics_.request_failed(telemetry::Door::grpc, error.kind);
  telemetry::log_failure(log_, telemetry::Door::grpc, method_, request_id_, error);
  close(status.error_code(), status.error_message());
  return status;
}

void CallRecord::close(::grpc::StatusCode code, std::string_view message) {
  const auto took = std::chrono::steady_clock::now() - started_;
  metrics_.request_finished(telemetry::Door::grpc, method_, code_name(code), took);
  const std::string peer = context_.peer();
  const double took_ms = std::chrono::duration<double, std::milli>(took).count();
  if (message.empty()) {
    log_.access({{"request_id", request_id_},
                 {"door", "grpc"},
                 {"method", method_},
                 {"code", code_name(code)},
                 {"duration_ms", took_ms},
                 {"remote", peer}});
  } else {
    log_.access({{"request_id", request_id_},
                 {"door", "grpc"},
                 {"method", method_},
                 {"code", code_name(code)},
                 {"duration_ms", took_ms},
                 {"remote", peer},
                 {"error", message}});
  }
}

}  // namespace spm::grpc
