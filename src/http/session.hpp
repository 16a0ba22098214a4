#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <spm/base/clock.hpp>
#include <spm/http/handler.hpp>
#include <spm/http/http_server.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

#include "connection.hpp"
#include "head_parser.hpp"

namespace spm::http {

/// What all connections of one server share. Outlives them.
struct SessionContext {
  const HttpServerOptions& options;
  Handler& handler;
  const base::WallClock& clock;
  telemetry::Metrics& metrics;
  telemetry::Log& log;
  std::atomic<std::size_t>& sending;  ///< bytes of bodies that are being written, and held by nobody else
};

/// One connection: its requests in their order, each read, handled and answered. All members on the connection's
/// strand. Alive for as long as run() is.
class Session {
 public:
  Session(boost::asio::ip::tcp::socket socket, const SessionContext& context);

  /// Until the connection is closed. To be run so that cancellation() cancels it.
  boost::asio::awaitable<void> run();
  /// Emitted when the client goes away. Outlives the coroutine that runs the session.
  const std::shared_ptr<boost::asio::cancellation_signal>& cancellation() const noexcept { return gone_; }
  /// Answers what has begun, then closes; closes now when nothing has.
  void drain();
  /// Closes now; a request that is being handled is cancelled.
  void cut();

 private:
  /// Reads and answers one request. False: the connection is to be closed.
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<base::Result<std::size_t>> wait_for_head();
  boost::asio::awaitable<base::Result<void>> read_body(std::string_view raw_head, Request& request);
  boost::asio::awaitable<std::optional<Response>> handle_while_connected(const Request& request);
  boost::asio::awaitable<Response> handle_guarded(const Request& request);
  boost::asio::awaitable<bool> respond(const Request& request, Response response);
  boost::asio::awaitable<bool> refuse(Request request, base::Error error);

  void record(const Request& request, const Response& response, std::size_t bytes, int status);
  /// An error in the log, as loud as its kind is.
  void report(const Request& request, const base::Error& error);
  void consume(std::size_t bytes);

  const SessionContext& context_;
  const std::shared_ptr<boost::asio::cancellation_signal> gone_;
  Connection connection_;
  HeadEndFinder head_end_;
  int in_one_go_ = 0;  ///< requests answered since the last wait for the client
  bool idle_ = false;  ///< waiting for a request's first byte
  bool draining_ = false;
  bool linger_ = false;  ///< the client may still be sending when this side closes
};

}  // namespace spm::http
