#include "metrics_query_service.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <spm/model/metric_query.hpp>

#include "call_metadata.hpp"
#include "question.hpp"
#include "unary_call.hpp"

namespace spm::grpc {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::int32_t kMinStepNanos = 1'000'000;

/// Ends a call that waits for nothing.
::grpc::ServerUnaryReactor* finish_now(::grpc::CallbackServerContext& context, ::grpc::Status status) {
  ::grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  reactor->Finish(std::move(status));
  return reactor;
}

}  // namespace

MetricsQueryService::MetricsQueryService(const GrpcOptions& options, const GrpcSurroundings& surroundings,
                                         boost::asio::any_io_executor executor)
    : options_(options),
      surroundings_(surroundings),
      executor_(std::move(executor)) {}

::grpc::ServerUnaryReactor* MetricsQueryService::GetMinStepDuration(::grpc::CallbackServerContext* context,
                                                                    const proto::GetMinStepDurationRequest*,
                                                                    proto::GetMinStepDurationResponse* response) {
  CallRecord record(*context, "GetMinStepDuration", surroundings_.metrics, surroundings_.log);
  if (const auto admitted = admit(); !admitted) return finish_now(*context, record.failed(admitted.error()));
  response->mutable_minstep()->set_nanos(kMinStepNanos);
  record.answered();
  return finish_now(*context, ::grpc::Status::OK);
}

::grpc::ServerUnaryReactor* MetricsQueryService::GetLatencies(::grpc::CallbackServerContext* context,
                                                              const ::grpc::ByteBuffer* request,
                                                              ::grpc::ByteBuffer* response) {
  return ask<proto::GetLatenciesRequest>("GetLatencies", *context, *request, *response);
}

::grpc::ServerUnaryReactor* MetricsQueryService::GetCallRates(::grpc::CallbackServerContext* context,
                                                              const ::grpc::ByteBuffer* request,
                                                              ::grpc::ByteBuffer* response) {
  return ask<proto::GetCallRatesRequest>("GetCallRates", *context, *request, *response);
}

::grpc::ServerUnaryReactor* MetricsQueryService::GetErrorRates(::grpc::CallbackServerContext* context,
                                                               const ::grpc::ByteBuffer* request,
                                                               ::grpc::ByteBuffer* response) {
  return ask<proto::GetErrorRatesRequest>("GetErrorRates", *context, *request, *response);
}

template <class Request>
::grpc::ServerUnaryReactor* MetricsQueryService::ask(std::string_view method, ::grpc::CallbackServerContext& context,
                                                     const ::grpc::ByteBuffer& bytes, ::grpc::ByteBuffer& response) {
  auto record = std::make_unique<CallRecord>(context, method, surroundings_.metrics, surroundings_.log);
  const auto refuse = [&](const base::Error& error) { return finish_now(context, record->failed(error)); };
  if (const auto admitted = admit(); !admitted) return refuse(admitted.error());
  ::grpc::ByteBuffer given(bytes);  // reading one uses it up; the copy shares the bytes
  Request request;
  if (!::grpc::SerializationTraits<Request>::Deserialize(&given, &request).ok()) {
    return refuse({ErrorKind::malformed_request, "the request is no valid protobuf message of this call"});
  }
  auto question = read_question(request);
  if (!question) return refuse(question.error());
  auto query = model::check(std::move(*question), surroundings_.clock.now_ms());
  if (!query) return refuse(query.error());
  base::CallContext call = call_context(context, *record);
  if (call.deadline.expired()) return refuse({ErrorKind::deadline_exceeded, "the deadline has passed already"});
  return UnaryCall::start(std::move(record), context, response, surroundings_, std::move(*query), std::move(call),
                          executor_);
}

Result<void> MetricsQueryService::admit() const {
  if (refusing_.load(std::memory_order_relaxed)) {
    return fail(ErrorKind::shutting_down, "this service is shutting down, ask another instance");
  }
  if (surroundings_.service == nullptr) return fail(ErrorKind::disabled, "metrics querying is currently disabled");
  return {};
}

base::CallContext MetricsQueryService::call_context(const ::grpc::CallbackServerContext& context,
                                                    const CallRecord& record) const {
  using std::chrono::system_clock;
  auto left = std::chrono::duration_cast<system_clock::duration>(options_.query_timeout);
  // A client without a deadline has the end of time as its own.
  if (context.deadline() != system_clock::time_point::max()) {
    left = std::min(left, context.deadline() - system_clock::now());
  }
  base::CallContext call(base::Deadline::after(left));
  call.request_id = record.request_id();
  call.traceparent = read_traceparent(context.client_metadata());
  call.wants_plan = asks_for(context.client_metadata(), "x-spm-plan");
  call.wants_fresh = wants_fresh(context.client_metadata());
  if (options_.bearer_token_propagation) call.bearer_token = read_bearer_token(context.client_metadata());
  return call;
}

}  // namespace spm::grpc
