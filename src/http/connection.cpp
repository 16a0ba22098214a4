#include "connection.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "host_port.hpp"
#include "input_buffer.hpp"

namespace spm::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);
/// What a socket's buffer takes in one go; the thread has other connections to serve, too.
constexpr std::size_t kBlock = std::size_t{256} << 10U;
/// What has to be written within one block timeout.
constexpr std::size_t kTimedBlock = std::size_t{64} << 10U;
constexpr std::size_t kMaxLingerBytes = std::size_t{256} << 10U;
constexpr std::chrono::seconds kMaxLinger{1};

/// What is left to be written.
struct Rest {
  std::string_view head;
  std::string_view body;

  bool empty() const noexcept { return head.empty() && body.empty(); }
  std::array<asio::const_buffer, 2> block() const noexcept {
    const std::size_t of_body = std::min(body.size(), kBlock);
    return {asio::const_buffer(head.data(), head.size()), asio::const_buffer(body.data(), of_body)};
  }
  void written(std::size_t bytes) noexcept {
    const std::size_t of_head = std::min(bytes, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(bytes - of_head);
  }
};

/// A coroutine that waits for the read under way.
class Reader {
 public:
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader() = default;
  virtual void resume() = 0;
};

template <class Handler>
class HandlersReader final : public Reader {
 public:
  explicit HandlersReader(Handler handler) : handler_(std::move(handler)) {}
  void resume() override { std::move(handler_)(); }

 private:
  Handler handler_;
};

}  // namespace

/// The socket and its one timer. Beast's tcp_stream would do, but it closes the socket at a timeout, and a client that
/// was too slow is to be told so. The timer is left running from one operation to the next and looks, when it fires,
/// whether anything is late: most operations then cost no timer at all.
///
/// There is at most one read under way. It is begun when a request is handed on, notices in the meantime when the
/// client goes away, and then brings the next request.
struct Connection::State : std::enable_shared_from_this<Connection::State> {
  /// The read under way. Owned by its operation alone, and with it the coroutine that waits for it: when the executor's
  /// context ends, all of them go.
  struct Reading {
    explicit Reading(std::shared_ptr<State> connection) : state(std::move(connection)) {}
    std::shared_ptr<State> state;
    std::unique_ptr<Reader> reader;
  };

  State(tcp::socket from, std::size_t ahead)
      : max_ahead(ahead),
        socket(std::move(from)),
        timer(socket.get_executor()) {}

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

  void begin_read() {
    const auto made = std::make_shared<Reading>(shared_from_this());
    reading = made;
    const InputBuffer::Room room = input.room();
    socket.async_read_some(asio::buffer(room.data, room.size), [made](const ErrorCode& error, std::size_t size) {
      made->state->end_read(*made, error, size);
    });
  }

  void end_read(Reading& ended, const ErrorCode& error, std::size_t size) {
    reading.reset();
    input.received(size);
    read_error = error;
    if (ended.reader) {
      const std::unique_ptr<Reader> reader = std::move(ended.reader);
      reader->resume();
    } else if (watcher != nullptr) {
      go_on_watching();
    }
  }

  void go_on_watching() {
    if (read_error) {
      std::exchange(watcher, nullptr)->emit(asio::cancellation_type::terminal);
    } else if (reading.expired() && input.unread().size() <= max_ahead) {
      begin_read();
    }
  }

  const std::size_t max_ahead;
  InputBuffer input;
  tcp::socket socket;
  asio::steady_timer timer;
  Clock::time_point by = Clock::time_point::max();  ///< when the operation at hand is late
  std::uint64_t generation = 0;                     ///< of the wait that counts
  bool running = false;
  bool timed_out = false;
  std::weak_ptr<Reading> reading;
  ErrorCode read_error;  ///< of the last read that ended
  asio::cancellation_signal* watcher = nullptr;
};

Connection::Connection(tcp::socket socket, std::size_t max_ahead)
    : state_(std::make_shared<State>(std::move(socket), max_ahead)) {
  boost::system::error_code error;
  const auto endpoint = state_->socket.remote_endpoint(error);
  remote_ = error ? "unknown" : to_text(endpoint);
  // Answers are written whole: waiting for more to fill a packet only adds delay. Best effort.
  state_->socket.set_option(tcp::no_delay(true), error);
  // Else the kernel takes megabytes at once, and a reader that is slow but alive looks as if it stood still.
  constexpr int kMostNotSent = 256 << 10;
  static_cast<void>(::setsockopt(state_->socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMostNotSent,
                                 sizeof(kMostNotSent)));
  // So that what the kernel takes at once is written at once.
  state_->socket.non_blocking(true, error);
}

/// A read that is under way holds the socket: without this it would stay open, and nobody would know of it.
Connection::~Connection() {
  state_->watcher = nullptr;
  close();
}

std::string_view Connection::unread() const noexcept { return state_->input.unread(); }

void Connection::consume(std::size_t bytes) noexcept { state_->input.consume(bytes); }

asio::awaitable<Connection::ErrorCode> Connection::read_some(Clock::time_point by) {
  State& state = *state_;
  state.arm(by);
  if (state.reading.expired()) {
    if (state.read_error) co_return state.disarm(std::exchange(state.read_error, ErrorCode()));
    state.begin_read();
  }
  auto initiation = [](auto handler, const std::shared_ptr<State::Reading>& reading) {
    reading->reader = std::make_unique<HandlersReader<decltype(handler)>>(std::move(handler));
  };
  std::shared_ptr<State::Reading> reading = state.reading.lock();
  co_await asio::async_initiate<decltype(asio::use_awaitable), void()>(std::move(initiation), asio::use_awaitable,
                                                                       std::move(reading));
  co_return state.disarm(std::exchange(state.read_error, ErrorCode()));
}

void Connection::watch(asio::cancellation_signal& gone) {
  state_->watcher = &gone;
  if (!state_->read_error) return state_->go_on_watching();
  // Not at once: nothing that could be cancelled is under way yet.
  asio::post(state_->socket.get_executor(), [state = state_] {
    if (state->watcher != nullptr) state->go_on_watching();
  });
}

bool Connection::end_watch() noexcept { return std::exchange(state_->watcher, nullptr) != nullptr; }

asio::awaitable<Connection::ErrorCode> Connection::write(std::string_view head, std::string_view body,
                                                         std::chrono::milliseconds block_timeout) {
  Rest rest{head, body};
  State& state = *state_;
  Clock::time_point by;
  std::size_t in_time = kTimedBlock;  // bytes written since `by` was set
  for (;;) {
    ErrorCode error;
    const std::size_t taken = state.socket.write_some(rest.block(), error);
    rest.written(taken);
    in_time += taken;
    if (error && error != asio::error::would_block) co_return error;
    if (rest.empty()) co_return ErrorCode();
    if (!error) {
      // The socket takes more, and the thread has other connections to serve.
      co_await asio::post(asio::use_awaitable);
      continue;
    }
    if (in_time >= kTimedBlock) {
      by = Clock::now() + block_timeout;
      in_time = 0;
    }
    state.arm(by);
    const auto block = rest.block();
    const auto [failed, size] = co_await state.socket.async_write_some(block, kToken);
    rest.written(size);
    in_time += size;
    if (const ErrorCode why = state.disarm(failed)) co_return why;
    if (rest.empty()) co_return ErrorCode();
  }
}

asio::awaitable<void> Connection::linger() {
  boost::system::error_code error;
  state_->socket.shutdown(tcp::socket::shutdown_send, error);
  if (error) co_return;
  const auto by = Clock::now() + kMaxLinger;
  for (std::size_t total = 0; total < kMaxLingerBytes;) {
    total += unread().size();
    consume(unread().size());
    if (co_await read_some(by)) co_return;
  }
}

bool Connection::has_input() noexcept {
  boost::system::error_code error;
  return state_->socket.available(error) > 0 && !error;
}

void Connection::close() noexcept {
  boost::system::error_code ignored;
  state_->socket.close(ignored);
  // Too much had been read ahead for another read to be under way, whose end would tell.
  if (state_->watcher != nullptr && state_->reading.expired()) {
    state_->read_error = asio::error::operation_aborted;
    state_->go_on_watching();
  }
}

}  // namespace spm::http
