#pragma once

#include <exception>
#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <jaeger/api_v2/metrics/metricsquery.pb.h>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/metric_query.hpp>
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
                          ::jaeger::api_v2::metrics::GetMetricsResponse& response, service::MetricsService& service,
                          model::MetricQuery query, base::CallContext call,
                          const boost::asio::any_io_executor& executor);

  void OnCancel() override;
  void OnDone() override;

 private:
  struct State;

  UnaryCall(std::unique_ptr<CallRecord> record, ::grpc::CallbackServerContext& context,
            ::jaeger::api_v2::metrics::GetMetricsResponse& response, std::shared_ptr<State> state);
  ~UnaryCall() override;

  void run(service::MetricsService& service, model::MetricQuery query);
  void complete(const std::exception_ptr& thrown, base::Result<service::MetricsAnswer> answer);
  base::Error error_of(const std::exception_ptr& thrown) const;
  /// What to tell instead of `answer` when the query was stopped before its end.
  std::optional<base::Error> error_of_stop(const base::Result<service::MetricsAnswer>& answer) const;
  void write(const service::MetricsAnswer& answer);

  std::unique_ptr<CallRecord> record_;
  ::grpc::CallbackServerContext& context_;
  ::jaeger::api_v2::metrics::GetMetricsResponse& response_;
  std::shared_ptr<State> state_;
};

}  // namespace spm::grpc
