#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace spm::prometheus {

struct IdleLimits {
  std::size_t max_idle;
  std::chrono::steady_clock::duration idle_timeout;
  std::chrono::steady_clock::duration max_age;
};

/// Connections that wait for their next request, the latest used on top, so that the others can grow old. Safe from any
/// thread. C has born(), generation() and looks_alive().
template <class C>
class IdlePool {
 public:
  using Clock = std::chrono::steady_clock;

  explicit IdlePool(const IdleLimits& limits) : limits_(limits) {}

  /// A connection of `generation` that is fit for one more request, or nullptr.
  std::unique_ptr<C> take(Clock::time_point now, std::uint64_t generation) {
    std::vector<Idle> dropped;  // closed after the lock is gone
    const std::lock_guard lock(mutex_);
    prune(now, generation, dropped);
    while (!idle_.empty()) {
      Idle top = std::move(idle_.back());
      idle_.pop_back();
      if (top.connection->looks_alive()) return std::move(top.connection);
      ++ended_;
      dropped.push_back(std::move(top));
    }
    return nullptr;
  }

  /// How many were found ended by the other side.
  std::uint64_t ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

  void put(std::unique_ptr<C> connection, Clock::time_point now) {
    std::vector<Idle> dropped;
    const std::lock_guard lock(mutex_);
    const std::uint64_t generation = connection->generation();
    idle_.push_back(Idle{std::move(connection), now});
    prune(now, generation, dropped);
    if (idle_.size() > limits_.max_idle) {
      dropped.push_back(std::move(idle_.front()));
      idle_.erase(idle_.begin());
    }
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return idle_.size();
  }

 private:
  struct Idle {
    std::unique_ptr<C> connection;
    Clock::time_point since;
  };

  void prune(Clock::time_point now, std::uint64_t generation, std::vector<Idle>& dropped) {
    const auto fit = [&](const Idle& idle) {
      return now - idle.since < limits_.idle_timeout && now - idle.connection->born() < limits_.max_age &&
             idle.connection->generation() >= generation;
    };
    const auto unfit = std::stable_partition(idle_.begin(), idle_.end(), fit);
    // Too old to be used again, and still a witness: the other side may have been restarted meanwhile.
    ended_ += static_cast<std::uint64_t>(
        std::count_if(unfit, idle_.end(), [](const Idle& idle) { return !idle.connection->looks_alive(); }));
    std::move(unfit, idle_.end(), std::back_inserter(dropped));
    idle_.erase(unfit, idle_.end());
  }

  IdleLimits limits_;
  mutable std::mutex mutex_;
  std::vector<Idle> idle_;  ///< the latest used last
  std::uint64_t ended_ = 0;
};

}  // namespace spm::prometheus
