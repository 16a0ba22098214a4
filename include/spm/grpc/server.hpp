#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include <spm/base/clock.hpp>
#include <spm/base/result.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/sharing/workers.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::grpc {

struct GrpcOptions {
  std::string host_port = ":16691";  ///< ":port" is every interface, "[::1]:port" an IPv6 address; port 0: any free one
  int max_receive_bytes = 4 * 1024 * 1024;
  int max_metadata_bytes = 16 * 1024;
  int max_concurrent_streams = 100;  ///< a connection
  std::chrono::milliseconds max_connection_age{std::chrono::minutes{30}};
  std::chrono::milliseconds query_timeout{std::chrono::seconds{30}};  ///< the client's deadline, when earlier, wins
  bool bearer_token_propagation = false;
};

/// What the door works with. All of it outlives the server.
struct GrpcSurroundings {
  service::MetricsService* service;  ///< nullptr: no store is configured, every query is UNIMPLEMENTED
  const base::WallClock& clock;
  telemetry::Metrics& metrics;
  telemetry::Log& log;
  sharing::Workers* workers = nullptr;  ///< write what is large; nullptr: the executor's threads do
};

/// Jaeger's MetricsQueryService, with health and reflection. Reads and writes on gRPC's own threads, asks the service
/// on `executor`, whose threads must run until shutdown() has returned.
class GrpcServer {
 public:
  /// Listens at once; health says NOT_SERVING until set_serving(true). The error says why it cannot listen.
  static base::Result<std::unique_ptr<GrpcServer>> create(const GrpcOptions& options, GrpcSurroundings surroundings,
                                                          boost::asio::any_io_executor executor);
  /// Shuts down at once if nobody has.
  ~GrpcServer();

  /// The port it listens on.
  std::uint16_t port() const noexcept;
  /// What grpc.health.v1 tells of "" and of the metrics service.
  void set_serving(bool serving);
  /// New calls get UNAVAILABLE from now on, calls under way go on. For the time between SIGTERM and shutdown().
  void stop_accepting();
  /// Closes the listener, waits for calls under way, cancels at `deadline` what still runs, and waits for its end.
  /// Blocks; never called from a thread of `executor`. Once; later calls return at once.
  void shutdown(std::chrono::system_clock::time_point deadline);

  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

 private:
  class Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spm::grpc
