#pragma once

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <jaeger/api_v2/metrics/metricsquery.grpc.pb.h>

#include <spm/grpc/server.hpp>
#include <spm/service/encodings.hpp>

namespace spm::grpc {

namespace proto = ::jaeger::api_v2::metrics;

inline constexpr std::chrono::seconds kPatience{20};

/// Answers as it is told to, and keeps what it was asked last.
class FakeMetricsService final : public service::MetricsService {
 public:
  enum class Mode : std::uint8_t {
    answer,
    fail,
    explode,
    hang,
    hang_unless_released
  };

  boost::asio::awaitable<base::Result<service::MetricsAnswer>> answer(model::MetricQuery query,
                                                                      const base::CallContext& context) override {
    namespace asio = boost::asio;
    {
      const std::scoped_lock lock(mutex_);
      query_ = query;
      context_.emplace(context);
    }
    if (mode == Mode::explode) throw std::runtime_error("secret inside");
    if (mode == Mode::fail) co_return base::fail(error);
    if (mode == Mode::hang || mode == Mode::hang_unless_released) {
      asio::steady_timer timer(co_await asio::this_coro::executor);
      started.release();
      // However the end comes: as an error of the timer, or thrown between two of them.
      EndedEarly ended_early(*this);
      for (;;) {
        timer.expires_after(std::chrono::milliseconds(5));
        co_await timer.async_wait(asio::use_awaitable);
        if (mode == Mode::hang_unless_released && released) break;
      }
      ended_early.dismiss();
    }
    co_return given;
  }

  model::MetricQuery last_query() const {
    const std::scoped_lock lock(mutex_);
    return query_.value();
  }
  base::CallContext last_context() const {
    const std::scoped_lock lock(mutex_);
    return context_.value();
  }
  bool asked() const {
    const std::scoped_lock lock(mutex_);
    return query_.has_value();
  }

  std::atomic<Mode> mode{Mode::answer};
  service::MetricsAnswer given;
  base::Error error;
  std::atomic<bool> released{false};
  std::counting_semaphore<> started{0};
  std::counting_semaphore<> cancelled{0};
  std::atomic<int> cancelled_count{0};

 private:
  /// Counts a question that was given up.
  class EndedEarly {
   public:
    explicit EndedEarly(FakeMetricsService& service) : service_(&service) {}
    ~EndedEarly() {
      if (service_ == nullptr) return;
      ++service_->cancelled_count;
      service_->cancelled.release();
    }
    EndedEarly(const EndedEarly&) = delete;
    EndedEarly& operator=(const EndedEarly&) = delete;
    void dismiss() noexcept { service_ = nullptr; }

   private:
    FakeMetricsService* service_;
  };

  mutable std::mutex mutex_;
  std::optional<model::MetricQuery> query_;
  std::optional<base::CallContext> context_;
};

class FixedClock final : public base::WallClock {
 public:
  std::int64_t now_ms() const noexcept override { return 1'763'605'800'000; }
};

/// A real server on a free port, a real channel to it, and two threads that run what is behind the door.
class DoorTest : public testing::Test {
 protected:
  DoorTest() {
    service_.given.set_family({});
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io_.run(); });
  }
  ~DoorTest() override {
    stub_.reset();
    channel_.reset();
    server_.reset();
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
  }

  GrpcSurroundings surroundings(service::MetricsService* service) {
    return {service, clock_, metrics_, *log_, workers_};
  }

  void open(GrpcOptions options = {}, bool with_service = true) {
    options.host_port = "127.0.0.1:0";
    auto server = GrpcServer::create(options, surroundings(with_service ? &service_ : nullptr), io_.get_executor());
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    channel_ =
        ::grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->port()), ::grpc::InsecureChannelCredentials());
    stub_ = proto::MetricsQueryService::NewStub(channel_);
  }

  static proto::GetCallRatesRequest call_rates(const char* service = "frontend") {
    proto::GetCallRatesRequest request;
    request.mutable_baserequest()->add_service_names(service);
    return request;
  }

  ::grpc::Status ask(::grpc::ClientContext& context, const proto::GetCallRatesRequest& request = call_rates()) {
    return stub_->GetCallRates(&context, request, &response_);
  }
  ::grpc::Status ask(const proto::GetCallRatesRequest& request = call_rates()) {
    ::grpc::ClientContext context;
    return ask(context, request);
  }

  /// Everything written so far; only after the call in question has ended.
  std::string logged() {
    log_->flush();
    return *lines_;
  }

  FixedClock clock_;
  telemetry::Metrics metrics_;
  std::shared_ptr<std::string> lines_ = std::make_shared<std::string>();
  std::unique_ptr<telemetry::Log> log_ = telemetry::Log::to_memory(lines_);
  FakeMetricsService service_;
  sharing::Workers* workers_ = nullptr;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::vector<std::thread> threads_;
  std::unique_ptr<GrpcServer> server_;
  std::shared_ptr<::grpc::Channel> channel_;
  std::unique_ptr<proto::MetricsQueryService::Stub> stub_;
  proto::GetMetricsResponse response_;
};

}  // namespace spm::grpc
