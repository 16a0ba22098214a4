#pragma once

#include <chrono>

namespace spm::base {

/// The moment by which an answer must have left. Travels with a request from the door to the store; monotonic, so that
/// a change of the wall clock moves nothing.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Deadline(Clock::time_point at) noexcept : at_(at) {}
  static Deadline after(Clock::duration delay) noexcept;

  Clock::time_point at() const noexcept { return at_; }
  bool expired() const noexcept { return Clock::now() >= at_; }
  /// Time left, never negative.
  std::chrono::milliseconds left() const noexcept;
  Deadline earlier(Deadline other) const noexcept { return at_ < other.at_ ? *this : other; }

 private:
  Clock::time_point at_;
};

}  // namespace spm::base
