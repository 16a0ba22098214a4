#include "unary_call.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <google/protobuf/arena.h>
#include <jaeger/api_v2/metrics/metricsquery.pb.h>

#include "answer.hpp"
#include "call_metadata.hpp"

namespace spm::grpc {
namespace {

namespace asio = boost::asio;

// What is behind the door keeps the deadline itself, and knows best what it was waiting for. The door only makes sure.
constexpr std::chrono::milliseconds kGraceAfterDeadline{100};

enum class StopReason : std::uint8_t {
  none,
  caller_left,
  deadline
};

/// The whole response, as it goes over the wire.
std::string wire_bytes(const model::MetricFamily& family) {
  google::protobuf::Arena arena;
  auto* response = google::protobuf::Arena::CreateMessage<::jaeger::api_v2::metrics::GetMetricsResponse>(&arena);
  write_family(family, *response->mutable_metrics());
  std::string bytes;
  // Beyond 2 GiB it cannot be written; an empty message would pass for an answer.
  if (!response->SerializeToString(&bytes)) throw std::length_error("the answer is too large for one message");
  return bytes;
}

/// Shares `bytes` with gRPC, which gives them back when it has sent them.
::grpc::ByteBuffer buffer_of(const service::Bytes& bytes) {
  auto held = std::make_unique<service::Bytes>(bytes);
  // gRPC never writes there; its signature is C's.
  const ::grpc::Slice slice(
      const_cast<char*>(bytes->data()), bytes->size(), [](void* given) { delete static_cast<service::Bytes*>(given); },
      held.release());
  return {&slice, 1};
}

}  // namespace

/// Touched on the strand only; `call` is constant.
struct UnaryCall::State {
  State(const asio::any_io_executor& executor, base::CallContext of_call)
      : strand(asio::make_strand(executor)),
        timer(strand),
        call(std::move(of_call)) {}

  void stop(StopReason why) {
    if (finished || reason != StopReason::none) return;
    reason = why;
    signal.emit(asio::cancellation_type::terminal);
  }

  asio::strand<asio::any_io_executor> strand;
  asio::steady_timer timer;
  asio::cancellation_signal signal;
  StopReason reason = StopReason::none;
  bool finished = false;
  const base::CallContext call;
};

UnaryCall::UnaryCall(std::unique_ptr<CallRecord> record, ::grpc::CallbackServerContext& context,
                     ::grpc::ByteBuffer& response, std::shared_ptr<State> state)
    : record_(std::move(record)),
      context_(context),
      response_(response),
      state_(std::move(state)) {}

UnaryCall::~UnaryCall() = default;

UnaryCall* UnaryCall::start(std::unique_ptr<CallRecord> record, ::grpc::CallbackServerContext& context,
                            ::grpc::ByteBuffer& response, const GrpcSurroundings& surroundings,
                            model::MetricQuery query, base::CallContext call, const asio::any_io_executor& executor) {
  auto state = std::make_shared<State>(executor, std::move(call));
  auto* self = new UnaryCall(std::move(record), context, response, state);
  // Whatever gRPC posts later comes after this on the strand, so a cancellation never overtakes the start.
  asio::post(state->strand,
             [self, surroundings, query = std::move(query)]() mutable { self->run(surroundings, std::move(query)); });
  return self;
}

void UnaryCall::OnCancel() {
  asio::post(state_->strand, [state = state_] { state->stop(StopReason::caller_left); });
}

void UnaryCall::OnDone() { delete this; }

void UnaryCall::run(const GrpcSurroundings& surroundings, model::MetricQuery query) {
  state_->timer.expires_at(state_->call.deadline.at() + kGraceAfterDeadline);
  state_->timer.async_wait([state = state_](const boost::system::error_code& error) {
    if (!error) state->stop(StopReason::deadline);
  });
  auto when_done = [this](const std::exception_ptr& thrown, Outcome outcome) { complete(thrown, std::move(outcome)); };
  auto asking = ask(*surroundings.service, surroundings.workers, std::move(query), state_->call);
  asio::co_spawn(state_->strand, std::move(asking),
                 asio::bind_cancellation_slot(state_->signal.slot(), std::move(when_done)));
}

asio::awaitable<UnaryCall::Outcome> UnaryCall::ask(service::MetricsService& service, sharing::Workers* workers,
                                                   model::MetricQuery query, const base::CallContext& call) {
  base::Result<service::MetricsAnswer> answer = co_await service.answer(std::move(query), call);
  if (!answer) co_return base::fail(std::move(answer.error()));
  std::string form = "protobuf";
  service::Encode encode = [family = answer->family] { return wire_bytes(*family); };
  base::Result<service::Bytes> bytes =
      co_await service::encoded(*answer, std::move(form), std::move(encode), workers, call.deadline);
  if (!bytes) co_return base::fail(std::move(bytes.error()));
  Written written;
  written.answer = std::move(*answer);
  written.bytes = std::move(*bytes);
  co_return std::move(written);
}

void UnaryCall::complete(const std::exception_ptr& thrown, Outcome outcome) {
  // Keeps the state through Finish, after which `this` may be gone.
  const std::shared_ptr<State> state = state_;
  state->finished = true;
  state->timer.cancel();
  if (thrown) outcome = base::fail(error_of(thrown));
  if (auto stopped = error_of_stop(outcome)) outcome = base::fail(std::move(*stopped));
  if (outcome) {
    try {
      write(*outcome);
      record_->answered();
      Finish(::grpc::Status::OK);
      return;
    } catch (const std::exception& failure) {
      base::Error error(base::ErrorKind::internal, "the answer could not be written");
      outcome = base::fail(std::move(error).with_detail(failure.what()));
    }
  }
  ::grpc::Status status = record_->failed(outcome.error());
  Finish(std::move(status));
}

base::Error UnaryCall::error_of(const std::exception_ptr& thrown) const {
  if (state_->reason != StopReason::none) return {base::ErrorKind::cancelled, "the query was stopped"};
  base::Error error(base::ErrorKind::internal, "an unexpected failure, see the log of this service");
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& failure) {
    error.log_detail = failure.what();
  } catch (...) {
    error.log_detail = "not a std::exception";
  }
  return error;
}

std::optional<base::Error> UnaryCall::error_of_stop(const Outcome& outcome) const {
  if (state_->reason == StopReason::none) return std::nullopt;
  // An answer or a reason that came in spite of the deadline says more than the deadline does.
  const bool only_stopped = !outcome && outcome.error().kind == base::ErrorKind::cancelled;
  if (state_->reason == StopReason::deadline && !only_stopped) return std::nullopt;
  std::string detail = outcome || only_stopped ? std::string() : outcome.error().message;
  // gRPC also cancels when the client's own deadline passes, which is ours as well, give or take the way here.
  const bool late = state_->reason == StopReason::deadline || state_->call.deadline.left() < kGraceAfterDeadline;
  base::Error error = late ? base::Error(base::ErrorKind::deadline_exceeded, "the query took longer than it may")
                           : base::Error(base::ErrorKind::cancelled, "the caller went away");
  return std::move(error).with_detail(std::move(detail));
}

void UnaryCall::write(const Written& written) {
  const service::MetricsAnswer& answer = written.answer;
  response_ = buffer_of(written.bytes);
  context_.AddTrailingMetadata(metadata_key(service::kCacheHeader), service::cache_text(answer));
  for (const service::Notice& notice : answer.notices) {
    context_.AddTrailingMetadata(metadata_key(service::header_name(notice.kind)), metadata_value(notice.text));
  }
  if (!answer.plan.empty()) {
    context_.AddTrailingMetadata(metadata_key(service::kPlanHeader), metadata_value(answer.plan));
  }
}

}  // namespace spm::grpc
