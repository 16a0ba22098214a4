#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <jaeger/api_v2/metrics/metricsquery.grpc.pb.h>

#include <spm/base/call_context.hpp>
#include <spm/grpc/server.hpp>

#include "call_record.hpp"

namespace spm::grpc {

namespace proto = ::jaeger::api_v2::metrics;

/// The name that health and reflection know the service by.
inline constexpr const char* kServiceName = "jaeger.api_v2.metrics.MetricsQueryService";

/// The four calls, on gRPC's callback API: no call holds a thread while it waits.
class MetricsQueryService final : public proto::MetricsQueryService::CallbackService {
 public:
  MetricsQueryService(const GrpcOptions& options, const GrpcSurroundings& surroundings,
                      boost::asio::any_io_executor executor);

  /// From now on every new call is refused with UNAVAILABLE.
  void refuse_new_calls() noexcept { refusing_.store(true, std::memory_order_relaxed); }

  ::grpc::ServerUnaryReactor* GetMinStepDuration(::grpc::CallbackServerContext* context,
                                                 const proto::GetMinStepDurationRequest* request,
                                                 proto::GetMinStepDurationResponse* response) override;
  ::grpc::ServerUnaryReactor* GetLatencies(::grpc::CallbackServerContext* context,
                                           const proto::GetLatenciesRequest* request,
                                           proto::GetMetricsResponse* response) override;
  ::grpc::ServerUnaryReactor* GetCallRates(::grpc::CallbackServerContext* context,
                                           const proto::GetCallRatesRequest* request,
                                           proto::GetMetricsResponse* response) override;
  ::grpc::ServerUnaryReactor* GetErrorRates(::grpc::CallbackServerContext* context,
                                            const proto::GetErrorRatesRequest* request,
                                            proto::GetMetricsResponse* response) override;

 private:
  template <class Request>
  ::grpc::ServerUnaryReactor* ask(std::string_view method, ::grpc::CallbackServerContext& context,
                                  const Request& request, proto::GetMetricsResponse& response);
  base::Result<void> admit() const;
  base::CallContext call_context(const ::grpc::CallbackServerContext& context, const CallRecord& record) const;

  GrpcOptions options_;
  GrpcSurroundings surroundings_;
  boost::asio::any_io_executor executor_;
  std::atomic<bool> refusing_{false};
};

}  // namespace spm::grpc
