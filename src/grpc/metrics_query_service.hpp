#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <grpcpp/support/byte_buffer.h>
#include <jaeger/api_v2/metrics/metricsquery.grpc.pb.h>

#include <spm/base/call_context.hpp>
#include <spm/grpc/server.hpp>

#include "call_record.hpp"

namespace spm::grpc {

namespace proto = ::jaeger::api_v2::metrics;

/// The name that health and reflection know the service by.
inline constexpr const char* kServiceName = "jaeger.api_v2.metrics.MetricsQueryService";

/// Questions come and answers go as bytes, so that those of a kept answer are sent as they are. The callback API's.
using BytesService = proto::MetricsQueryService::WithCallbackMethod_GetMinStepDuration<
    proto::MetricsQueryService::WithRawCallbackMethod_GetLatencies<
        proto::MetricsQueryService::WithRawCallbackMethod_GetCallRates<
            proto::MetricsQueryService::WithRawCallbackMethod_GetErrorRates<proto::MetricsQueryService::Service>>>>;

/// The four calls, on gRPC's callback API: no call holds a thread while it waits.
class MetricsQueryService final : public BytesService {
 public:
  MetricsQueryService(const GrpcOptions& options, const GrpcSurroundings& surroundings,
                      boost::asio::any_io_executor executor);

  /// From now on every new call is refused with UNAVAILABLE.
  void refuse_new_calls() noexcept { refusing_.store(true, std::memory_order_relaxed); }

  ::grpc::ServerUnaryReactor* GetMinStepDuration(::grpc::CallbackServerContext* context,
                                                 const proto::GetMinStepDurationRequest* request,
                                                 proto::GetMinStepDurationResponse* response) override;
  ::grpc::ServerUnaryReactor* GetLatencies(::grpc::CallbackServerContext* context, const ::grpc::ByteBuffer* request,
                                           ::grpc::ByteBuffer* response) override;
  ::grpc::ServerUnaryReactor* GetCallRates(::grpc::CallbackServerContext* context, const ::grpc::ByteBuffer* request,
                                           ::grpc::ByteBuffer* response) override;
  ::grpc::ServerUnaryReactor* GetErrorRates(::grpc::CallbackServerContext* context, const ::grpc::ByteBuffer* request,
                                            ::grpc::ByteBuffer* response) override;

 private:
  template <class Request>
  ::grpc::ServerUnaryReactor* ask(std::string_view method, ::grpc::CallbackServerContext& context,
                                  const ::grpc::ByteBuffer& bytes, ::grpc::ByteBuffer& response);
  base::Result<void> admit() const;
  base::CallContext call_context(const ::grpc::CallbackServerContext& context, const CallRecord& record) const;

  GrpcOptions options_;
  GrpcSurroundings surroundings_;
  boost::asio::any_io_executor executor_;
  std::atomic<bool> refusing_{false};
};

}  // namespace spm::grpc
