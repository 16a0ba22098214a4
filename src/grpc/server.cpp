#include <limits>
#include <utility>

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <spm/grpc/server.hpp>

#include "library_log.hpp"
#include "listen_address.hpp"
#include "metrics_query_service.hpp"

namespace spm::grpc {
namespace {

int to_int_ms(std::chrono::milliseconds value) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::min<std::int64_t>(value.count(), kMost));
}

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(const GrpcOptions& options, const GrpcSurroundings& surroundings, boost::asio::any_io_executor executor)
      : library_log_(surroundings.log),
        service_(options, surroundings, std::move(executor)) {}

  base::Result<void> listen(const GrpcOptions& options) {
    const auto address = parse_listen_address(options.host_port);
    if (!address) return base::fail(address.error());

    // Both are switches of the whole process and must be set before the builder is made.
    ::grpc::EnableDefaultHealthCheckService(true);
    ::grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    ::grpc::ServerBuilder builder;
    int bound = 0;
    builder.AddListeningPort(to_grpc_address(*address), ::grpc::InsecureServerCredentials(), &bound);
    // Otherwise a second process would take half of the connections unnoticed.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, options.max_metadata_bytes);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, to_int_ms(options.max_connection_age));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, to_int_ms(options.query_timeout));
    builder.SetMaxReceiveMessageSize(options.max_receive_bytes);
    // Reflection is the only service that still waits on threads: one is enough.
    builder.SetSyncServerOption(::grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
    builder.SetSyncServerOption(::grpc::ServerBuilder::SyncServerOption::MIN_POLLERS, 1);
    builder.SetSyncServerOption(::grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    if (!server_ || bound <= 0) {
      return base::fail(base::ErrorKind::invalid_argument,
                        "cannot listen for gRPC on '" + options.host_port + "': " + why_not(*address));
    }
    port_ = static_cast<std::uint16_t>(bound);
    set_serving(false);
    return {};
  }

  ~Impl() { shutdown(std::chrono::system_clock::now()); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::uint16_t port() const noexcept { return port_; }

  void set_serving(bool serving) {
    if (auto* health = server_->GetHealthCheckService(); health != nullptr) {
      health->SetServingStatus("", serving);
      health->SetServingStatus(kServiceName, serving);
    }
  }

  void stop_accepting() {
    set_serving(false);
    service_.refuse_new_calls();
  }

  void shutdown(std::chrono::system_clock::time_point deadline) {
    if (!server_ || std::exchange(shut_down_, true)) return;
    server_->Shutdown(deadline);
    server_->Wait();
  }

 private:
  LibraryLog library_log_;  // first, so that what the library says while it ends is still heard
  MetricsQueryService service_;
  std::unique_ptr<::grpc::Server> server_;
  std::uint16_t port_ = 0;
  bool shut_down_ = false;
};

base::Result<std::unique_ptr<GrpcServer>> GrpcServer::create(const GrpcOptions& options, GrpcSurroundings surroundings,
                                                             boost::asio::any_io_executor executor) {
  auto impl = std::make_unique<Impl>(options, surroundings, std::move(executor));
  if (auto listening = impl->listen(options); !listening) return base::fail(std::move(listening.error()));
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() = default;

std::uint16_t GrpcServer::port() const noexcept { return impl_->port(); }
void GrpcServer::set_serving(bool serving) { impl_->set_serving(serving); }
void GrpcServer::stop_accepting() { impl_->stop_accepting(); }
void GrpcServer::shutdown(std::chrono::system_clock::time_point deadline) { impl_->shutdown(deadline); }

}  // namespace spm::grpc
