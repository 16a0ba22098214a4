#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace spm::http {

/// The bytes of one connection, in and out, each with a time limit. The only class that knows what carries them, so
/// that TLS has its place here. All calls on the socket's strand; one read and one write at a time.
class Connection {
 public:
  using Clock = std::chrono::steady_clock;
  using ErrorCode = boost::system::error_code;

  /// No more than about `max_ahead` bytes are read that nobody has asked for.
  Connection(boost::asio::ip::tcp::socket socket, std::size_t max_ahead);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// What has arrived and is not consumed yet. Valid until the next call that reads, and while one reads.
  std::string_view unread() const noexcept;
  /// The first `bytes` of unread() are done with.
  void consume(std::size_t bytes) noexcept;

  /// Until there is more to read. The error is asio::error::timed_out when `by` passes; the connection can still be
  /// written to then.
  boost::asio::awaitable<ErrorCode> read_some(Clock::time_point by);

  /// From here to end_watch(), `gone` is emitted when the client goes away. Reading is the only way to notice, so the
  /// read of the next request is begun already: where that request would be read anyway, watching costs nothing.
  void watch(boost::asio::cancellation_signal& gone);
  /// Whether the client is still there.
  bool end_watch() noexcept;

  /// Writes both. Each 64 KiB that the client has to be waited for have `block_timeout`: a reader that is slow but
  /// alive is served, one that stands still is not. What the kernel takes at once is written before this returns,
  /// without waiting. `head` and `body` outlive the call.
  boost::asio::awaitable<ErrorCode> write(std::string_view head, std::string_view body,
                                          std::chrono::milliseconds block_timeout);

  /// Says that nothing more will be sent, then reads and drops what the client still sends, for a short while: closing
  /// with unread bytes would reset the connection and could destroy the answer on its way.
  boost::asio::awaitable<void> linger();

  /// Whether bytes are waiting to be read.
  bool has_input() noexcept;
  /// Whoever waits or watches is told.
  void close() noexcept;
  const std::string& remote() const noexcept { return remote_; }

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::string remote_;
};

}  // namespace spm::http
