#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

#include <spm/base/deadline.hpp>

namespace spm::sharing {

/// What ended a wait.
enum class WakeUp : std::uint8_t {
  called,
  deadline,
  cancelled
};

/// Where one coroutine waits to be called from another thread. Unlike a timer of the coroutine's own, it needs no
/// strand, and a call that comes before the coroutine sleeps is not lost.
class WaitingPlace {
 public:
  WaitingPlace() = default;
  WaitingPlace(const WaitingPlace&) = delete;
  WaitingPlace& operator=(const WaitingPlace&) = delete;
  virtual ~WaitingPlace() = default;

  /// The first call counts, from whichever thread; the coroutine resumes on its own executor, never inside the call.
  void wake(WakeUp why) {
    if (!woken_.exchange(true)) resume(why);
  }

 private:
  virtual void resume(WakeUp why) = 0;

  std::atomic<bool> woken_{false};
};

/// The place of the coroutine that Handler resumes. Its timer's operation owns it: so it goes, and the coroutine with
/// it, when the executor's context ends. Everybody else holds weak references.
template <class Handler>
class HandlersWaitingPlace final : public WaitingPlace,
                                   public std::enable_shared_from_this<HandlersWaitingPlace<Handler>> {
 public:
  HandlersWaitingPlace(Handler handler, const boost::asio::any_io_executor& executor, base::Deadline deadline)
      : handler_(std::move(handler)),
        executor_(executor),
        timer_(executor, deadline.at()) {}

  /// Once, before anybody else knows of the place.
  void watch() {
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) {
      slot.assign([weak = this->weak_from_this()](boost::asio::cancellation_type) {
        if (const auto place = weak.lock()) place->wake(WakeUp::cancelled);
      });
    }
    timer_.async_wait([place = this->shared_from_this()](const boost::system::error_code& ended) {
      if (!ended) place->wake(WakeUp::deadline);
    });
  }

 private:
  void resume(WakeUp why) override {
    boost::asio::post(executor_, [handler = std::move(handler_), why]() mutable { std::move(handler)(why); });
    timer_.cancel();
  }

  Handler handler_;
  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
};

using TakePlace = std::function<void(const std::shared_ptr<WaitingPlace>&)>;

/// Hands a place to `take_place`, which sees to it that somebody wakes it, and waits until somebody does, until
/// `deadline`, or until the caller is cancelled.
inline boost::asio::awaitable<WakeUp> wait_in_place(base::Deadline deadline, TakePlace take_place) {
  const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
  // All by value: the coroutine, and what it holds, may be gone as soon as the place is watched.
  auto initiation = [](auto handler, boost::asio::any_io_executor on, base::Deadline until, TakePlace take) {
    using Place = HandlersWaitingPlace<decltype(handler)>;
    const auto place = std::make_shared<Place>(std::move(handler), on, until);
    const TakePlace take_it = std::move(take);
    place->watch();
    take_it(place);
  };
  co_return co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(WakeUp)>(
      std::move(initiation), boost::asio::use_awaitable, executor, deadline, std::move(take_place));
}

}  // namespace spm::sharing
