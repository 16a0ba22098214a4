#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/base/deadline.hpp>
#include <spm/base/result.hpp>

namespace spm::schema {

/// One piece of work that several callers wait for. It belongs to none of them: a caller that leaves ends its own wait
/// and nothing else. Safe from any thread.
template <class T>
class Flight {
 public:
  using Outcome = base::Result<T>;

  /// Wakes everybody; later callers get the outcome at once. Only the first call counts.
  void finish(Outcome outcome) {
    std::vector<Waiter> waiting;
    {
      const std::lock_guard lock(mutex_);
      if (outcome_) return;
      outcome_.emplace(std::move(outcome));
      waiting.swap(waiting_);
    }
    // On the waiter's own executor, where nothing else touches its timer.
    for (Waiter& waiter : waiting) {
      boost::asio::post(waiter.executor, [timer = std::move(waiter.timer)] { timer->cancel(); });
    }
  }

  bool finished() const {
    const std::lock_guard lock(mutex_);
    return outcome_.has_value();
  }

  /// The outcome, or deadline_exceeded, or cancelled. The caller's executor must be a strand, or have one thread.
  static boost::asio::awaitable<Outcome> wait(std::shared_ptr<Flight> self, base::Deadline deadline) {
    const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
    auto timer = std::make_shared<boost::asio::steady_timer>(executor, deadline.at());
    if (!self->join(executor, timer)) co_return self->outcome();
    const auto [stopped] = co_await timer->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (self->finished()) co_return self->outcome();
    if (stopped) co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
    co_return base::fail(base::ErrorKind::deadline_exceeded,
                         "the metrics store did not tell in time which metrics it has");
  }

 private:
  struct Waiter {
    boost::asio::any_io_executor executor;
    std::shared_ptr<boost::asio::steady_timer> timer;
  };

  bool join(const boost::asio::any_io_executor& executor, const std::shared_ptr<boost::asio::steady_timer>& timer) {
    const std::lock_guard lock(mutex_);
    if (outcome_) return false;
    waiting_.push_back(Waiter{executor, timer});
    return true;
  }
  Outcome outcome() const {
    const std::lock_guard lock(mutex_);
    return *outcome_;
  }

  mutable std::mutex mutex_;
  std::optional<Outcome> outcome_;
  std::vector<Waiter> waiting_;
};

}  // namespace spm::schema
