#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace spm::sharing {

/// Threads for work that takes a processor for longer than the threads of the network can be spared. Destroyed (which
/// waits for what is under way) before the io_context whose coroutines use it.
class Workers {
 public:
  explicit Workers(std::size_t threads) : pool_(threads) {}
  ~Workers() { pool_.join(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// The value of `work()`, which must not throw, run on one of the threads. Resumes on the caller's executor. Cannot
  /// be cancelled: what `work` refers to must live until this returns, as the locals of the calling coroutine do.
  template <class Work>
  boost::asio::awaitable<std::invoke_result_t<Work&>> run(Work work) {
    using Value = std::invoke_result_t<Work&>;
    const boost::asio::any_io_executor callers = co_await boost::asio::this_coro::executor;
    // All by value: the coroutine may go on, on another thread, before the initiation has returned.
    auto initiation = [](auto handler, boost::asio::thread_pool::executor_type workers,
                         boost::asio::any_io_executor back, Work todo) {
      auto guard = boost::asio::make_work_guard(back);
      boost::asio::post(workers, [handler = std::move(handler), back = std::move(back), guard = std::move(guard),
                                  todo = std::move(todo)]() mutable {
        Value value = todo();
        boost::asio::post(back, [handler = std::move(handler), value = std::move(value)]() mutable {
          std::move(handler)(std::move(value));
        });
      });
    };
    co_return co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(Value)>(
        std::move(initiation), boost::asio::use_awaitable, pool_.get_executor(), callers, std::move(work));
  }

 private:
  boost::asio::thread_pool pool_;
};

}  // namespace spm::sharing
