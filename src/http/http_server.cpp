#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <list>
#include <mutex>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/http/http_server.hpp>

#include "caller.hpp"
#include "host_port.hpp"
#include "response_head.hpp"
#include "session.hpp"

namespace spm::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::fail;
using base::Result;

namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};
/// Connections taken from the kernel's queue in one go.
constexpr int kMaxAcceptedInOneGo = 64;
constexpr std::chrono::seconds kCutGrace{5};
/// Connections over the limit that are being told so at once; more are closed without a word.
constexpr std::size_t kMaxTurnedAway = 64;

Result<tcp::acceptor> listen_on(const asio::any_io_executor& executor, const tcp::endpoint& endpoint,
                                boost::system::error_code& error) {
  tcp::acceptor acceptor(asio::make_strand(executor));
  error = {};
  const auto step = [&](auto&& action) {
    if (!error) action();
  };
  step([&] { acceptor.open(endpoint.protocol(), error); });
  step([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), error); });
  // On "all interfaces" one IPv6 socket takes IPv4 connections, too.
  if (endpoint.protocol() == tcp::v6() && endpoint.address().is_unspecified()) {
    step([&] { acceptor.set_option(asio::ip::v6_only(false), error); });
  }
  step([&] { acceptor.bind(endpoint, error); });
  step([&] { acceptor.listen(asio::socket_base::max_listen_connections, error); });
  step([&] { acceptor.non_blocking(true, error); });
  if (!error) return acceptor;
  std::string message = "cannot listen on " + to_text(endpoint) + ": " + error.message();
  if (error == asio::error::address_in_use) message += "; end the program that has this port, or choose another one";
  return fail(base::ErrorKind::internal, std::move(message));
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(asio::any_io_executor executor, HttpServerOptions options, Handler& handler, const base::WallClock& clock,
       telemetry::Metrics& metrics, telemetry::Log& log)
      : executor_(std::move(executor)),
        options_(std::move(options)),
        context_{options_, handler, clock, metrics, log, sending_} {}

  Result<void> listen() {
    const auto addresses = resolve_listen_address(options_.host_port);
    if (!addresses) return fail(addresses.error());
    base::Error last;
    for (const tcp::endpoint& endpoint : addresses->endpoints) {
      boost::system::error_code reason;
      auto acceptor = listen_on(executor_, endpoint, reason);
      if (acceptor) {
        acceptors_.push_back(std::move(*acceptor));
        if (addresses->first_that_works) break;
        continue;
      }
      last = std::move(acceptor.error());
      // Only a machine without IPv6 is a reason for the next address: a port taken on one must not go unnoticed.
      const bool next = addresses->first_that_works && reason != asio::error::address_in_use &&
                        reason != asio::error::access_denied && reason != asio::error::no_permission;
      if (!next) return fail(std::move(last));
    }
    if (acceptors_.empty()) return fail(std::move(last));
    local_ = acceptors_.front().local_endpoint();
    return {};
  }

  void start() {
    for (tcp::acceptor& acceptor : acceptors_) {
      asio::co_spawn(acceptor.get_executor(), accept_loop(shared_from_this(), acceptor), asio::detached);
    }
  }

  void stop_accepting() {
    if (stopping_.exchange(true)) return;
    for (tcp::acceptor& acceptor : acceptors_) {
      asio::post(acceptor.get_executor(), [self = shared_from_this(), &acceptor] {
        boost::system::error_code ignored;
        acceptor.close(ignored);
      });
    }
    for_each_session([](Session& session) { session.drain(); });
  }

  bool drain(base::Deadline deadline) {
    stop_accepting();
    if (wait_until_none(deadline.at())) return true;
    context_.log.warning("connections were cut off at the end of the grace time",
                         {{"connections", static_cast<std::uint64_t>(connections())}});
    cut();
    wait_until_none(std::chrono::steady_clock::now() + kCutGrace);
    return false;
  }

  void cut() {
    for_each_session([](Session& session) { session.cut(); });
  }

  const tcp::endpoint& local() const noexcept { return local_; }
  std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return open_.size();
  }

 private:
  struct Open {
    asio::any_io_executor strand;
    std::weak_ptr<Session> session;
  };

  /// Runs `action` for every session, on its strand.
  template <class Action>
  void for_each_session(Action action) {
    const std::lock_guard lock(mutex_);
    for (const Open& open : open_) {
      asio::post(open.strand, [weak = open.session, action] {
        if (const auto session = weak.lock()) action(*session);
      });
    }
  }

  bool wait_until_none(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex_);
    return none_left_.wait_until(lock, until, [this] { return open_.empty(); });
  }

  static asio::awaitable<void> accept_loop(std::shared_ptr<Impl> self, tcp::acceptor& acceptor) {
    while (!self->stopping_) {
      tcp::socket socket(asio::make_strand(self->executor_));
      const auto [error] = co_await acceptor.async_accept(socket, asio::as_tuple(asio::use_awaitable));
      if (self->stopping_) co_return;
      if (!error) {
        self->take(std::move(socket));
        self->take_more(acceptor);
      } else if (error != asio::error::connection_aborted) {
        // Most likely no descriptors are left: trying again at once would only burn the processor.
        self->context_.log.error("a connection could not be accepted", {{"error", error.message()}});
        asio::steady_timer pause(acceptor.get_executor(), kAcceptPause);
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      }
    }
  }

  /// The others that came in the same burst.
  void take_more(tcp::acceptor& acceptor) {
    for (int i = 1; i < kMaxAcceptedInOneGo; ++i) {
      tcp::socket socket(asio::make_strand(executor_));
      boost::system::error_code error;
      acceptor.accept(socket, error);
      if (error) return;  // none is left, or the next wait will tell
      take(std::move(socket));
    }
  }

  void take(tcp::socket socket) {
    const asio::any_io_executor strand = socket.get_executor();
    std::unique_lock lock(mutex_);
    if (open_.size() >= options_.max_connections) {
      const bool told = turned_away_ < kMaxTurnedAway;
      if (told) ++turned_away_;
      // A coroutine may run to its end right here, and its end needs the lock.
      lock.unlock();
      if (told) asio::co_spawn(strand, turn_away(shared_from_this(), std::move(socket)), asio::detached);
      return;
    }
    auto session = std::make_shared<Session>(std::move(socket), context_);
    open_.push_front(Open{strand, session});
    const auto place = open_.begin();
    lock.unlock();
    context_.metrics.http_connections(1);
    const std::weak_ptr<Session> opened = session;
    // The end of the coroutine holds the signal, so that the signal outlives the coroutine.
    const auto gone = session->cancellation();
    asio::co_spawn(strand, run_session(shared_from_this(), std::move(session), place),
                   asio::bind_cancellation_slot(gone->slot(), [gone](const std::exception_ptr&) {}));
    // stop_accepting may have looked at the list before this one was in it.
    if (stopping_)
      asio::post(strand, [opened] {
        if (const auto late = opened.lock()) late->drain();
      });
  }

  static asio::awaitable<void> run_session(std::shared_ptr<Impl> self, std::shared_ptr<Session> session,
                                           std::list<Open>::iterator place) {
    try {
      co_await session->run();
    } catch (const std::exception& exception) {
      self->context_.log.error("a connection ended by an exception", {{"error", exception.what()}});
    }
    session.reset();
    self->context_.metrics.http_connections(-1);
    const std::lock_guard lock(self->mutex_);
    self->open_.erase(place);
    if (self->open_.empty()) self->none_left_.notify_all();
  }

  static asio::awaitable<void> turn_away(std::shared_ptr<Impl> self, tcp::socket socket) {
    Connection connection(std::move(socket), 0);
    base::Error full(base::ErrorKind::overloaded, "too many connections, try again in a second");
    full.retry_after = std::chrono::seconds(1);
    const Response response = self->context_.handler.refuse(RequestHead(), full);
    const std::string id = request_id(Headers());
    ResponseFraming framing;
    framing.keep_alive = false;
    framing.now_ms = self->context_.clock.now_ms();
    framing.request_id = id;
    const std::string head = response_head(response, framing);
    const auto error = co_await connection.write(head, response.body_text(), kAcceptPause);
    if (!error) co_await connection.linger();
    connection.close();
    const std::lock_guard lock(self->mutex_);
    --self->turned_away_;
  }

  const asio::any_io_executor executor_;
  const HttpServerOptions options_;
  std::atomic<std::size_t> sending_{0};
  const SessionContext context_;
  std::list<tcp::acceptor> acceptors_;  ///< each used on its own strand only, after start()
  tcp::endpoint local_;
  std::atomic<bool> stopping_ = false;

  mutable std::mutex mutex_;
  std::condition_variable none_left_;
  std::list<Open> open_;         ///< guarded by mutex_
  std::size_t turned_away_ = 0;  ///< guarded by mutex_
};

HttpServer::HttpServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  impl_->stop_accepting();
  impl_->cut();
}

Result<std::unique_ptr<HttpServer>> HttpServer::create(asio::any_io_executor executor, HttpServerOptions options,
                                                       Handler& handler, const base::WallClock& clock,
                                                       telemetry::Metrics& metrics, telemetry::Log& log) {
  auto impl = std::make_shared<Impl>(std::move(executor), std::move(options), handler, clock, metrics, log);
  if (auto listening = impl->listen(); !listening) return fail(std::move(listening.error()));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

void HttpServer::start() { impl_->start(); }
std::uint16_t HttpServer::port() const noexcept { return impl_->local().port(); }
std::string HttpServer::local_endpoint() const { return to_text(impl_->local()); }
std::size_t HttpServer::connections() const noexcept { return impl_->connections(); }
void HttpServer::stop_accepting() { impl_->stop_accepting(); }
bool HttpServer::drain(base::Deadline deadline) { return impl_->drain(deadline); }

}  // namespace spm::http
