#include "connection.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "host_port.hpp"

namespace spm::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadSize = std::size_t{4} << 10U;
constexpr std::size_t kBlock = std::size_t{64} << 10U;
constexpr std::size_t kMaxLingerBytes = std::size_t{256} << 10U;
constexpr std::chrono::seconds kMaxLinger{1};

}  // namespace

/// The socket and its one timer. Beast's tcp_stream would do, but it closes the socket at a timeout, and a client that
/// was too slow is to be told so. The timer is left running from one operation to the next and looks, when it fires,
/// whether anything is late: most operations then cost no timer at all.
struct Connection::State : std::enable_shared_from_this<Connection::State> {
  explicit State(tcp::socket from) : socket(std::move(from)), timer(socket.get_executor()) {}

  void arm(Clock::time_point until) {
    by = until;
    timed_out = false;
    if (by != Clock::time_point::max() && (!running || by < timer.expiry())) wait();
  }

  /// The operation has ended, as `error` says: by the timer, when that was it.
  ErrorCode disarm(ErrorCode error) {
    by = Clock::time_point::max();
    return error && timed_out ? ErrorCode(asio::error::timed_out) : error;
  }

  void wait() {
    running = true;
    timer.expires_at(by);
    timer.async_wait([weak = weak_from_this(), wanted = ++generation](const ErrorCode& error) {
      const auto state = weak.lock();
      if (!error && state && state->generation == wanted) state->fired();
    });
  }

  void fired() {
    running = false;
    if (by == Clock::time_point::max()) return;
    if (Clock::now() < by) return wait();
    timed_out = true;
    ErrorCode ignored;
    socket.cancel(ignored);
  }

  tcp::socket socket;
  asio::steady_timer timer;
  Clock::time_point by = Clock::time_point::max();  ///< when the operation at hand is late
  std::uint64_t generation = 0;                     ///< of the wait that counts
  bool running = false;
  bool timed_out = false;
};

Connection::Connection(tcp::socket socket) : state_(std::make_shared<State>(std::move(socket))) {
  boost::system::error_code error;
  const auto endpoint = state_->socket.remote_endpoint(error);
  remote_ = error ? "unknown" : to_text(endpoint);
  // Answers are written whole: waiting for more to fill a packet only adds delay. Best effort.
  state_->socket.set_option(tcp::no_delay(true), error);
}

Connection::~Connection() = default;

asio::awaitable<Connection::ErrorCode> Connection::read_some(std::string& buffer, std::size_t max_bytes,
                                                             Clock::time_point by) {
  state_->arm(by);
  const std::size_t before = buffer.size();
  buffer.resize(before + std::min(max_bytes, kReadSize));
  const auto place = asio::buffer(buffer.data() + before, buffer.size() - before);
  const auto [error, size] = co_await state_->socket.async_read_some(place, kToken);
  buffer.resize(before + size);
  co_return state_->disarm(error);
}

asio::awaitable<Connection::ErrorCode> Connection::read_some(std::string& buffer, std::size_t max_bytes) {
  return read_some(buffer, max_bytes, Clock::time_point::max());
}

asio::awaitable<Connection::ErrorCode> Connection::write(std::string_view head, std::string_view body,
                                                         std::chrono::milliseconds block_timeout) {
  while (!head.empty() || !body.empty()) {
    std::size_t block = std::min(kBlock, head.size() + body.size());
    state_->arm(Clock::now() + block_timeout);
    while (block > 0) {
      const std::size_t of_head = std::min(block, head.size());
      const std::size_t of_body = std::min(block - of_head, body.size());
      const std::array<asio::const_buffer, 2> parts = {asio::const_buffer(head.data(), of_head),
                                                       asio::const_buffer(body.data(), of_body)};
      const auto [error, size] = co_await state_->socket.async_write_some(parts, kToken);
      if (error) co_return state_->disarm(error);
      const std::size_t head_written = std::min(size, of_head);
      head.remove_prefix(head_written);
      body.remove_prefix(size - head_written);
      block -= size;
    }
  }
  co_return state_->disarm(ErrorCode());
}

asio::awaitable<void> Connection::linger() {
  boost::system::error_code error;
  state_->socket.shutdown(tcp::socket::shutdown_send, error);
  if (error) co_return;
  state_->arm(Clock::now() + kMaxLinger);
  std::string dropped(kReadSize, '\0');
  for (std::size_t total = 0; total < kMaxLingerBytes;) {
    const auto [failure, size] = co_await state_->socket.async_read_some(asio::buffer(dropped), kToken);
    if (failure) co_return;
    total += size;
  }
}

bool Connection::has_input() noexcept {
  boost::system::error_code error;
  return state_->socket.available(error) > 0 && !error;
}

void Connection::close() noexcept {
  boost::system::error_code ignored;
  state_->socket.close(ignored);
}

}  // namespace spm::http
