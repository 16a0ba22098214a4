#include "door_fixture.hpp"

namespace spm::grpc {
namespace {

using testing::HasSubstr;
using Mode = FakeMetricsService::Mode;

class LifecycleTest : public DoorTest {};

TEST_F(LifecycleTest, APortThatIsTakenIsNoticed) {
  open();
  GrpcOptions options;
  options.host_port = "127.0.0.1:" + std::to_string(server_->port());
  const auto second = GrpcServer::create(options, surroundings(&service_), io_.get_executor());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr(options.host_port));
  EXPECT_THAT(second.error().message, HasSubstr("Address already in use"));
}

TEST_F(LifecycleTest, AnAddressThatIsNoneIsRefused) {
  GrpcOptions options;
  options.host_port = "nonsense";
  const auto server = GrpcServer::create(options, surroundings(&service_), io_.get_executor());
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("'nonsense'"));
}

TEST_F(LifecycleTest, AnAddressOfAnotherMachineSaysWhy) {
  GrpcOptions options;
  options.host_port = "192.0.2.1:0";
  const auto server = GrpcServer::create(options, surroundings(&service_), io_.get_executor());
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("Cannot assign requested address"));
}

TEST_F(LifecycleTest, AllInterfacesIncludeIpv4) {
  GrpcOptions options;
  options.host_port = ":0";
  auto server = GrpcServer::create(options, surroundings(&service_), io_.get_executor());
  ASSERT_TRUE(server) << server.error().message;
  const auto channel =
      ::grpc::CreateChannel("127.0.0.1:" + std::to_string((*server)->port()), ::grpc::InsecureChannelCredentials());
  EXPECT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + kPatience));
}

TEST_F(LifecycleTest, AfterStopAcceptingNewCallsAreRefusedAndOldOnesGoOn) {
  open();
  service_.mode = Mode::hang_unless_released;
  auto running = std::async(std::launch::async, [this] {
    ::grpc::ClientContext context;
    proto::GetMetricsResponse response;
    return stub_->GetCallRates(&context, call_rates(), &response);
  });
  ASSERT_TRUE(service_.started.try_acquire_for(kPatience));
  server_->stop_accepting();
  EXPECT_EQ(ask().error_code(), ::grpc::StatusCode::UNAVAILABLE);
  service_.released = true;
  EXPECT_TRUE(running.get().ok());
}

TEST_F(LifecycleTest, ShutdownLetsACallFinish) {
  open();
  service_.mode = Mode::hang_unless_released;
  auto running = std::async(std::launch::async, [this] { return ask(); });
  ASSERT_TRUE(service_.started.try_acquire_for(kPatience));
  auto stopping =
      std::async(std::launch::async, [this] { server_->shutdown(std::chrono::system_clock::now() + kPatience); });
  service_.released = true;
  stopping.get();
  EXPECT_TRUE(running.get().ok());
  EXPECT_EQ(service_.cancelled_count, 0);
}

TEST_F(LifecycleTest, ShutdownCancelsWhatIsNotDoneInTime) {
  open();
  service_.mode = Mode::hang;
  auto running = std::async(std::launch::async, [this] { return ask(); });
  ASSERT_TRUE(service_.started.try_acquire_for(kPatience));
  server_->shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(20));
  EXPECT_FALSE(running.get().ok());
  EXPECT_EQ(service_.cancelled_count, 1);
  EXPECT_THAT(metrics_.exposition(), HasSubstr("requests_in_flight{door=\"grpc\"} 0\n"));
  server_->shutdown(std::chrono::system_clock::now());
}

}  // namespace
}  // namespace spm::grpc
