#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

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
};

/// One connection: its requests in their order, each read, handled and answered. All members on the connection's
/// strand. Alive for as long as run() is.
class Session {
 public:
  Session(boost::asio::ip::tcp::socket socket, const SessionContext& context);

  /// Until the connection is closed.
  boost::asio::awaitable<void> run();
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
  boost::asio::awaitable<void> until_client_gone();
  boost::asio::awaitable<bool> respond(const Request& request, Response response);
  boost::asio::awaitable<bool> refuse(Request request, base::Error error);

  void record(const Request& request, const Response& response, std::size_t bytes, int status);
  /// An error in the log, as loud as its kind is.
  void report(const Request& request, const base::Error& error);
  std::string_view unread() const noexcept { return std::string_view(buffer_).substr(begin_); }
  void consume(std::size_t bytes);

  const SessionContext& context_;
  boost::asio::steady_timer never_;  ///< waited for when only cut() can still end the wait
  Connection connection_;
  std::string buffer_;  ///< bytes received; those before begin_ are done with
  std::size_t begin_ = 0;
  HeadEndFinder head_end_;
  bool idle_ = false;  ///< waiting for a request's first byte
  bool draining_ = false;
  bool linger_ = false;  ///< the client may still be sending when this side closes
};

}  // namespace spm::http
