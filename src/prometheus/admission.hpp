#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include <spm/base/result.hpp>
#include <spm/telemetry/metrics.hpp>

#include "fair_queue.hpp"

namespace spm::prometheus {

struct AdmissionLimits {
  std::size_t max_running;
  std::size_t max_reads;  ///< of max_running, those that stream raw series
  std::size_t max_waiting;
};

/// Lets so many requests through at once, and keeps so many more waiting. Whoever asks much waits behind himself: the
/// keys take turns. Requests of a kind that is at its own limit hold up no other, and reads, which queries can stand in
/// for, take at most half of the places to wait. Safe from any thread, provided that
/// each waiting coroutine runs on a strand of its own.
class Admission {
 public:
  enum class Kind : std::uint8_t {
    query,
    read  ///< streams raw series
  };

  Admission(const AdmissionLimits& limits, telemetry::Metrics& metrics);
  ~Admission();
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  /// The right to be on the wire; given back when destroyed. Must not outlive the Admission.
  class Slot {
   public:
    Slot() = default;
    Slot(Admission* owner, Kind kind) noexcept : owner_(owner), kind_(kind) {}
    Slot(Slot&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), kind_(other.kind_) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(kind_, other.kind_);
      return *this;
    }
    ~Slot() {
      if (owner_ != nullptr) owner_->release(kind_);
    }

   private:
    Admission* owner_ = nullptr;
    Kind kind_ = Kind::query;
  };

  /// Waits for a turn of `key`. Errors: overloaded at once when too many wait already, cancelled.
  boost::asio::awaitable<base::Result<Slot>> enter(Kind kind, std::string key);

  std::size_t waiting() const;

 private:
  struct Waiter;
  class Place;

  /// Under mutex_.
  bool has_room(Kind kind) const noexcept;
  bool may_wait(Kind kind) const noexcept;
  void stops_waiting(Kind kind) noexcept;
  void occupy(Kind kind) noexcept;

  void release(Kind kind);

  const AdmissionLimits limits_;
  telemetry::Metrics& metrics_;
  mutable std::mutex mutex_;
  std::size_t running_ = 0;
  std::size_t reading_ = 0;  ///< of them
  std::size_t reads_waiting_ = 0;
  FairQueue<std::shared_ptr<Waiter>> queue_;
};

}  // namespace spm::prometheus
