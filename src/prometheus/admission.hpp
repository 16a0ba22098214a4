#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include <spm/base/result.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::prometheus {

/// Lets so many requests through at once, and keeps so many more waiting, first come first served. Safe from any
/// thread, provided that each waiting coroutine runs on a strand of its own.
class Admission {
 public:
  Admission(std::size_t max_running, std::size_t max_waiting, telemetry::Metrics& metrics);
  ~Admission();
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// The right to be on the wire; given back when destroyed. Must not outlive the Admission.
  class Slot {
   public:
    Slot() = default;
    explicit Slot(Admission* owner) noexcept : owner_(owner) {}
    Slot(Slot&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(owner_, other.owner_);
      return *this;
    }
    ~Slot() {
      if (owner_ != nullptr) owner_->release();
    }

   private:
    Admission* owner_ = nullptr;
  };

  /// Waits for a turn. Errors: overloaded at once when too many wait already, cancelled.
  boost::asio::awaitable<base::Result<Slot>> enter();

  std::size_t waiting() const;

 private:
  struct Waiter;
  class Place;
  void release();

  const std::size_t max_running_;
  const std::size_t max_waiting_;
  telemetry::Metrics& metrics_;
  mutable std::mutex mutex_;
  std::size_t running_ = 0;
  std::deque<std::shared_ptr<Waiter>> queue_;
};

}  // namespace spm::prometheus
