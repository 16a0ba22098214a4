#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace spm::http {

/// One piece of work and whoever waits for it. On one strand.
template <class Value>
struct BoundedWork {
  explicit BoundedWork(const boost::asio::any_io_executor& executor) : timer(executor) {}

  /// The end of `work`, whichever it is.
  static boost::asio::awaitable<void> run(std::shared_ptr<BoundedWork> self, boost::asio::awaitable<Value> work) {
    try {
      self->value.emplace(co_await std::move(work));
    } catch (...) {
      self->problem = std::current_exception();
    }
    self->ended = true;
    self->timer.cancel();
  }

  boost::asio::steady_timer timer;
  boost::asio::cancellation_signal stop;
  std::optional<Value> value;
  std::exception_ptr problem;
  bool ended = false;
};

/// What `work` brings; nullopt when `by` has passed before it ended. Late work, and work whose caller is cancelled, is
/// cancelled, and waited for in any case: it refers to what its caller owns. Throws what `work` throws. On a strand.
///
/// `work() || timer()` says the same, but begins a group of coroutines and a timer for each request. Most answers are
/// there at once, and then neither is needed.
template <class Value>
boost::asio::awaitable<std::optional<Value>> finish_by(std::chrono::steady_clock::time_point by,
                                                       boost::asio::awaitable<Value> work) {
  namespace asio = boost::asio;
  using Work = BoundedWork<Value>;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto at_work = std::make_shared<Work>(executor);
  auto ended = [at_work](const std::exception_ptr&) {};
  // Runs here and now, as far as it gets without waiting.
  asio::co_spawn(executor, Work::run(at_work, std::move(work)),
                 asio::bind_cancellation_slot(at_work->stop.slot(), std::move(ended)));
  bool late = false;
  if (!at_work->ended) {
    // Even a cancelled caller waits to the end.
    co_await asio::this_coro::throw_if_cancelled(false);
    at_work->timer.expires_at(by);
    while (!at_work->ended) {
      const auto [stopped] = co_await at_work->timer.async_wait(asio::as_tuple(asio::use_awaitable));
      if (at_work->ended) break;
      late = late || !stopped;
      at_work->timer.expires_at(std::chrono::steady_clock::time_point::max());
      at_work->stop.emit(asio::cancellation_type::terminal);
    }
    co_await asio::this_coro::throw_if_cancelled(true);
  }
  if (late) co_return std::nullopt;
  if (at_work->problem) std::rethrow_exception(at_work->problem);
  co_return std::move(at_work->value);
}

}  // namespace spm::http
