#pragma once

#include <atomic>
#include <cstddef>

#include <spm/base/result.hpp>

namespace spm::rates {

/// What all pieces of one read may take together. Safe from any thread.
class ReadBudget {
 public:
  ReadBudget(std::size_t max_bytes, std::size_t max_samples) : max_bytes_(max_bytes), max_samples_(max_samples) {}

  /// Counts what one piece has taken more. answer_too_large when all of them have taken too much.
  base::Result<void> take(std::size_t bytes, std::size_t samples);

  /// Whether something was refused.
  bool exceeded() const noexcept { return bytes() > max_bytes_ || samples() > max_samples_; }

  /// A piece has met series that only the store itself can read.
  void leave_to_store() noexcept { left_to_store_.store(true, std::memory_order_relaxed); }
  bool is_left_to_store() const noexcept { return left_to_store_.load(std::memory_order_relaxed); }

  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  std::size_t samples() const noexcept { return samples_.load(std::memory_order_relaxed); }

 private:
  std::size_t max_bytes_;
  std::size_t max_samples_;
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> samples_{0};
  std::atomic<bool> left_to_store_{false};
};

}  // namespace spm::rates
