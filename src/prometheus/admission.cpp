#include "admission.hpp"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace spm::prometheus {

namespace asio = boost::asio;

struct Admission::Waiter {
  explicit Waiter(const asio::any_io_executor& executor) : timer(executor, asio::steady_timer::time_point::max()) {}

  asio::steady_timer timer;  ///< never expires by itself; made to expire when the turn has come
  bool granted = false;      ///< under Admission::mutex_
};

/// A coroutine's place in the queue, given up on every way out of it, the destruction of a suspended frame included.
class Admission::Place {
 public:
  Place(Admission& owner, std::shared_ptr<Waiter> waiter) : owner_(owner), waiter_(std::move(waiter)) {
    owner_.metrics_.upstream_waiting(1);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    owner_.metrics_.upstream_waiting(-1);
    if (claimed_) return;
    if (leave()) owner_.release();
  }

  /// Whether the turn came. Without it the place is still held.
  bool claim() {
    const std::lock_guard lock(owner_.mutex_);
    claimed_ = waiter_->granted;
    return claimed_;
  }

 private:
  /// Whether a turn came that nobody used.
  bool leave() {
    const std::lock_guard lock(owner_.mutex_);
    if (waiter_->granted) return true;
    std::erase(owner_.queue_, waiter_);
    return false;
  }

  Admission& owner_;
  std::shared_ptr<Waiter> waiter_;
  bool claimed_ = false;
};

Admission::Admission(std::size_t max_running, std::size_t max_waiting, telemetry::Metrics& metrics)
    : max_running_(max_running),
      max_waiting_(max_waiting),
      metrics_(metrics) {}

Admission::~Admission() = default;

std::size_t Admission::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

asio::awaitable<base::Result<Admission::Slot>> Admission::enter() {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  std::shared_ptr<Waiter> waiter;
  bool entered = false;
  {
    const std::lock_guard lock(mutex_);
    if (running_ < max_running_) {
      ++running_;
      entered = true;
    } else if (queue_.size() < max_waiting_) {
      waiter = std::make_shared<Waiter>(executor);
      queue_.push_back(waiter);
    }
  }
  if (entered) {
    Slot slot(this);
    co_return std::move(slot);
  }
  if (!waiter) {
    base::Error error(base::ErrorKind::overloaded,
                      "too many queries wait for the metrics store already; try again in a moment");
    error.retry_after = std::chrono::seconds{1};
    co_return base::fail(std::move(error));
  }

  Place place(*this, waiter);
  static_cast<void>(co_await waiter->timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  if (place.claim()) {
    Slot slot(this);
    co_return std::move(slot);
  }
  co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
}

void Admission::release() {
  std::shared_ptr<Waiter> next;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) {
      --running_;
      return;
    }
    next = std::move(queue_.front());
    queue_.pop_front();
    next->granted = true;
  }
  // A timer is its coroutine's own: only that coroutine's strand may touch it.
  const asio::any_io_executor executor = next->timer.get_executor();
  asio::post(executor, [next] { next->timer.expires_at(asio::steady_timer::time_point::min()); });
}

}  // namespace spm::prometheus
