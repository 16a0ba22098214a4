#pragma once

#include <exception>
#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/grpc/server.hpp>
#include <spm/model/metric_query.hpp>
#include <spm/service/encodings.hpp>
#include <spm/service/metrics_service.hpp>

#include "call_record.hpp"

namespace spm::grpc {

/// A checked question on its way to the service and back. gRPC's threads and the executor's meet here, by these rules:
/// everything of Asio's happens on one strand; the end of the coroutine, and nothing else, calls Finish; OnDone, and
/// nothing else, deletes; OnCancel knows only the shared state, because the call may be gone when its post arrives.
class UnaryCall final : public ::grpc::ServerUnaryReactor {
 public:
  /// Owns itself. To be returned to gRPC, which then keeps `response` alive until the end.
  static UnaryCall* start(std::unique_ptr<CallRecord> record, ::grpc::CallbackServerContext& context,
                          ::grpc::ByteBuffer& response, const GrpcSurroundings& surroundings, model::MetricQuery query,
                          base::CallContext call, const boost::asio::any_io_executor& executor);

  void OnCancel() override;
  void OnDone() override;

 private:
  struct State;

  /// An answer and how it is written on the wire.
  struct Written {
    service::MetricsAnswer answer;
    service::Bytes bytes;
  };
  using Outcome = base::Result<Written>;

  UnaryCall(std::unique_ptr<CallRecord> record, ::grpc::CallbackServerContext& context, ::grpc::ByteBuffer& response,
            std::shared_ptr<State> state);
  ~UnaryCall() override;

  void run(const GrpcSurroundings& surroundings, model::MetricQuery query);
  static boost::asio::awaitable<Outcome> ask(service::MetricsService& service, sharing::Workers* workers,
                                             model::MetricQuery query, const base::CallContext& call);
  void complete(const std::exception_ptr& thrown, Outcome outcome);
  base::Error error_of(const std::exception_ptr& thrown) const;
  /// What to tell instead of `outcome` when the query was stopped before its end.
  std::optional<base::Error> error_of_stop(const Outcome& outcome) const;
  void write(const Written& written);

  std::unique_ptr<CallRecord> record_;
  ::grpc::CallbackServerContext& context_;
  ::grpc::ByteBuffer& response_;
  std::shared_ptr<State> state_;
};

}  // namespace spm::grpc
