#include <random>

#include "door_fixture.hpp"

namespace spm::grpc {
namespace {

using testing::HasSubstr;
using Mode = FakeMetricsService::Mode;

class CancellationTest : public DoorTest {
 protected:
  struct Call {
    ::grpc::ClientContext context;
    proto::GetCallRatesRequest request = call_rates();
    proto::GetMetricsResponse response;
    std::promise<::grpc::Status> ended;
    std::future<::grpc::Status> status = ended.get_future();
  };

  std::unique_ptr<Call> begin() {
    auto call = std::make_unique<Call>();
    stub_->async()->GetCallRates(
        &call->context, &call->request, &call->response,
        [raw = call.get()](::grpc::Status status) { raw->ended.set_value(std::move(status)); });
    return call;
  }
};

TEST_F(CancellationTest, ACallerThatLeavesStopsTheQuery) {
  open();
  service_.mode = Mode::hang;
  const auto call = begin();
  ASSERT_TRUE(service_.started.try_acquire_for(kPatience));
  call->context.TryCancel();
  ASSERT_TRUE(service_.cancelled.try_acquire_for(kPatience));
  EXPECT_EQ(call->status.get().error_code(), ::grpc::StatusCode::CANCELLED);
  server_->shutdown(std::chrono::system_clock::now() + kPatience);
  EXPECT_THAT(logged(), HasSubstr("code=CANCELLED"));
  EXPECT_THAT(metrics_.exposition(), HasSubstr("request_errors_total{door=\"grpc\",kind=\"cancelled\"} 1\n"));
  EXPECT_THAT(metrics_.exposition(), HasSubstr("requests_in_flight{door=\"grpc\"} 0\n"));
}

TEST_F(CancellationTest, TheClientsDeadlineStopsTheQuery) {
  open();
  service_.mode = Mode::hang;
  ::grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  EXPECT_EQ(ask(context).error_code(), ::grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(service_.cancelled.try_acquire_for(kPatience));
  server_->shutdown(std::chrono::system_clock::now() + kPatience);
  // The client's own clock may cut the call a moment before ours would have.
  EXPECT_THAT(logged(), testing::AnyOf(HasSubstr("code=DEADLINE_EXCEEDED"), HasSubstr("code=CANCELLED")));
}

TEST_F(CancellationTest, OurOwnDeadlineEndsTheCallEvenWhenTheServiceForgetsIt) {
  GrpcOptions options;
  options.query_timeout = std::chrono::milliseconds(50);
  open(options);
  service_.mode = Mode::hang;
  EXPECT_EQ(ask().error_code(), ::grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(service_.cancelled_count, 1);
  EXPECT_THAT(metrics_.exposition(), HasSubstr("request_errors_total{door=\"grpc\",kind=\"deadline_exceeded\"} 1\n"));
}

TEST_F(CancellationTest, ManyCallsCancelledAtAnyMoment) {
  open();
  service_.mode = Mode::hang_unless_released;
  service_.released = true;  // every call would end by itself after one turn of the timer
  constexpr int kRounds = 20;
  constexpr int kCalls = 40;
  std::mt19937 random(7);
  std::uniform_int_distribution<int> turns(0, 60);
  int ended = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::unique_ptr<Call>> calls;
    for (int i = 0; i < kCalls; ++i) calls.push_back(begin());
    for (const auto& call : calls) {
      // A different moment each time, without a clock: other threads get ahead by a random number of turns.
      for (int turn = turns(random); turn > 0; --turn) std::this_thread::yield();
      call->context.TryCancel();
    }
    for (const auto& call : calls) {
      ASSERT_EQ(call->status.wait_for(kPatience), std::future_status::ready);
      const auto code = call->status.get().error_code();
      EXPECT_TRUE(code == ::grpc::StatusCode::OK || code == ::grpc::StatusCode::CANCELLED) << code;
      ++ended;
    }
  }
  EXPECT_EQ(ended, kRounds * kCalls);
  server_->shutdown(std::chrono::system_clock::now() + kPatience);
  EXPECT_THAT(metrics_.exposition(), HasSubstr("requests_in_flight{door=\"grpc\"} 0\n"));
}

}  // namespace
}  // namespace spm::grpc
