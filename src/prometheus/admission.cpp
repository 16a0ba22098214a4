#include "admission.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace spm::prometheus {

namespace asio = boost::asio;

struct Admission::Waiter {
  Waiter(const asio::any_io_executor& executor, Kind what, std::string whose)
      : kind(what),
        key(std::move(whose)),
        timer(executor, asio::steady_timer::time_point::max()) {}

  const Kind kind;
  const std::string key;
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
    owner_.metrics_.upstream_waited(std::chrono::steady_clock::now() - since_);
    if (claimed_) return;
    if (leave()) owner_.release(waiter_->kind);
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
    owner_.queue_.remove(waiter_->key, waiter_);
    owner_.stops_waiting(waiter_->kind);
    return false;
  }

  Admission& owner_;
  std::shared_ptr<Waiter> waiter_;
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  bool claimed_ = false;
};

Admission::Admission(const AdmissionLimits& limits, telemetry::Metrics& metrics) : limits_(limits), metrics_(metrics) {}

Admission::~Admission() = default;

std::size_t Admission::waiting() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

bool Admission::has_room(Kind kind) const noexcept {
  return running_ < limits_.max_running && (kind != Kind::read || reading_ < limits_.max_reads);
}

bool Admission::may_wait(Kind kind) const noexcept {
  if (queue_.size() >= limits_.max_waiting) return false;
  return kind != Kind::read || reads_waiting_ < (limits_.max_waiting + 1) / 2;
}

void Admission::stops_waiting(Kind kind) noexcept {
  if (kind == Kind::read) --reads_waiting_;
}

void Admission::occupy(Kind kind) noexcept {
  ++running_;
  if (kind == Kind::read) ++reading_;
}

asio::awaitable<base::Result<Admission::Slot>> Admission::enter(Kind kind, std::string key) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  std::shared_ptr<Waiter> waiter;
  bool entered = false;
  {
    const std::lock_guard lock(mutex_);
    // Where there is room for this kind, nobody of this kind waits: release() has let them all in.
    if (has_room(kind)) {
      occupy(kind);
      entered = true;
    } else if (may_wait(kind)) {
      waiter = std::make_shared<Waiter>(executor, kind, std::move(key));
      queue_.push(waiter->key, waiter);
      if (kind == Kind::read) ++reads_waiting_;
    }
  }
  if (entered) {
    Slot slot(this, kind);
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
    Slot slot(this, kind);
    co_return std::move(slot);
  }
  co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
}

void Admission::release(Kind kind) {
  std::shared_ptr<Waiter> next;
  {
    const std::lock_guard lock(mutex_);
    --running_;
    if (kind == Kind::read) --reading_;
    next = queue_.pop([this](const std::shared_ptr<Waiter>& waiter) { return has_room(waiter->kind); });
    if (!next) return;
    stops_waiting(next->kind);
    occupy(next->kind);
    next->granted = true;
  }
  // A timer is its coroutine's own: only that coroutine's strand may touch it.
  const asio::any_io_executor executor = next->timer.get_executor();
  asio::post(executor, [next] { next->timer.expires_at(asio::steady_timer::time_point::min()); });
}

}  // namespace spm::prometheus
