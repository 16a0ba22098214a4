#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace spm::http {

/// The bytes of one connection, in and out, each with a time limit. The only class that knows what carries them, so
/// that TLS has its place here. All calls on the socket's strand; one read and one write at a time.
class Connection {
 public:
  using Clock = std::chrono::steady_clock;
  using ErrorCode = boost::system::error_code;

  explicit Connection(boost::asio::ip::tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Appends what arrives to `buffer`, at most `max_bytes`. The error is asio::error::timed_out when `by` passes; the
  /// connection can still be written to then.
  boost::asio::awaitable<ErrorCode> read_some(std::string& buffer, std::size_t max_bytes, Clock::time_point by);
  /// The same without a limit of time; for noticing that the client went away.
  boost::asio::awaitable<ErrorCode> read_some(std::string& buffer, std::size_t max_bytes);

  /// Writes both, in blocks of 64 KiB of which each has `block_timeout`: a reader that is slow but alive is served, one
  /// that stands still is not. `head` and `body` outlive the call.
  boost::asio::awaitable<ErrorCode> write(std::string_view head, std::string_view body,
                                          std::chrono::milliseconds block_timeout);

  /// Says that nothing more will be sent, then reads and drops what the client still sends, for a short while: closing
  /// with unread bytes would reset the connection and could destroy the answer on its way.
  boost::asio::awaitable<void> linger();

  /// Whether bytes are waiting to be read.
  bool has_input() noexcept;
  void close() noexcept;
  const std::string& remote() const noexcept { return remote_; }

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::string remote_;
};

}  // namespace spm::http
