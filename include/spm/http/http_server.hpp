#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include <spm/base/clock.hpp>
#include <spm/base/deadline.hpp>
#include <spm/base/result.hpp>
#include <spm/http/handler.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::http {

struct HttpServerOptions {
  std::string host_port = ":16690";  ///< no host: all interfaces; port 0: any free one
  telemetry::Door door = telemetry::Door::http;
  std::size_t max_connections = 1'024;  ///< one more is answered 503 and closed
  std::size_t max_head_bytes = std::size_t{16} << 10U;
  std::size_t max_headers = 100;
  std::chrono::milliseconds head_timeout{10'000};  ///< from a request's first byte to the end of its head, and its body
  std::chrono::milliseconds idle_timeout{60'000};  ///< between requests
  std::chrono::milliseconds write_timeout{30'000};  ///< for each block of 64 KiB, so that slow readers may live
  /// Bodies of answers that nobody else holds, while they are being written; one more is answered 503. So many slow
  /// readers of large answers cannot take all memory.
  std::size_t max_sending_bytes = std::size_t{256} << 20U;
  bool access_log = true;
};

/// Listens, reads requests, has them answered by a Handler and writes the answers: keep-alive, pipelining, limits.
/// Every connection is a coroutine on a strand of its own. Public functions are safe from any thread.
class HttpServer {
 public:
  /// Binds, so that an address that is taken is known at once; serves from start() on. The references outlive the
  /// server and every handler that still runs on `executor`.
  static base::Result<std::unique_ptr<HttpServer>> create(boost::asio::any_io_executor executor,
                                                          HttpServerOptions options, Handler& handler,
                                                          const base::WallClock& clock, telemetry::Metrics& metrics,
                                                          telemetry::Log& log);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();
  std::uint16_t port() const noexcept;
  /// "[::]:16690"; of the first listener, where a name meant several.
  std::string local_endpoint() const;
  std::size_t connections() const noexcept;

  /// No new connections; idle ones are closed, busy ones after the answer they are at.
  void stop_accepting();
  /// stop_accepting(), then blocks until no connection is left or `deadline`; what is left then is cut off. Never call
  /// it on a thread that runs the executor. True: everything was answered.
  bool drain(base::Deadline deadline);

 private:
  class Impl;
  explicit HttpServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace spm::http
