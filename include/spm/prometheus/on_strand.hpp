#pragma once

#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace spm::prometheus {

/// Runs `work` on `strand` and comes back to the caller's executor with its outcome. The caller's cancellation reaches
/// it. co_spawn alone does not do: when it crosses executors, Boost 1.81 posts a raw pointer to its cancellation
/// signal, which the caller may have destroyed by the time it is used.
template <class T>
boost::asio::awaitable<T> run_on_strand(boost::asio::any_io_executor strand, boost::asio::awaitable<T> work) {
  namespace asio = boost::asio;
  struct Bridge {
    asio::cancellation_signal signal;  // emitted on the strand only
    bool finished = false;             // on the strand only
  };
  auto initiation = [](auto handler, asio::any_io_executor executor, asio::awaitable<T> spawned) {
    auto bridge = std::make_shared<Bridge>();
    auto callers_slot = asio::get_associated_cancellation_slot(handler);
    if (callers_slot.is_connected()) {
      callers_slot.assign([bridge, executor](asio::cancellation_type type) {
        asio::post(executor, [bridge, type] {
          if (!bridge->finished) bridge->signal.emit(type);
        });
      });
    }
    auto callers_executor = asio::get_associated_executor(handler, executor);
    auto callers_work = asio::make_work_guard(callers_executor);
    auto completion = [bridge, callers_work, handler = std::move(handler)](std::exception_ptr error,
                                                                           T outcome) mutable {
      bridge->finished = true;
      auto executor_to_return_to = callers_work.get_executor();
      asio::dispatch(executor_to_return_to,
                     [handler = std::move(handler), error = std::move(error), outcome = std::move(outcome)]() mutable {
                       std::move(handler)(std::move(error), std::move(outcome));
                     });
    };
    asio::co_spawn(executor, std::move(spawned),
                   asio::bind_cancellation_slot(bridge->signal.slot(), std::move(completion)));
  };
  co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(std::exception_ptr, T)>(
      std::move(initiation), asio::use_awaitable, std::move(strand), std::move(work));
}

}  // namespace spm::prometheus
