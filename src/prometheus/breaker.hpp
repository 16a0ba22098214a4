#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace spm::prometheus {

/// Keeps a store that does not work from being asked again and again: opens after some failures in a row, lets one
/// probe through when its time is over, closes when that succeeds. No clock and no lock of its own: the caller passes
/// the time and guards it.
class Breaker {
 public:
  using Clock = std::chrono::steady_clock;

  Breaker(unsigned failures_to_open, Clock::duration open_for)
      : failures_to_open_(failures_to_open),
        open_for_(open_for) {}

  /// Empty: go on, and report success(), failure() or abandoned(). Otherwise how long to stay away.
  std::optional<Clock::duration> enter(Clock::time_point now);

  void success();
  void failure(Clock::time_point now, std::string why);
  /// The request ended without showing whether the store works (its caller left, its time was over).
  void abandoned();

  bool open() const noexcept { return open_until_.has_value(); }
  /// Why it opened.
  const std::string& reason() const noexcept { return reason_; }

 private:
  unsigned failures_to_open_;
  Clock::duration open_for_;
  unsigned failures_ = 0;  ///< in a row
  std::optional<Clock::time_point> open_until_;
  bool probing_ = false;
  std::string reason_;
};

/// How many retries there may be beside ordinary requests: each request earns a fifth of one, ten can be saved. When
/// everything fails, the store sees a fifth more load and not three times as much. Guarded by its owner.
class RetryBudget {
 public:
  void earn() noexcept;
  /// Takes one retry, if there is one.
  bool spend() noexcept;

 private:
  static constexpr unsigned kPerRequest = 1;
  static constexpr unsigned kPerRetry = 5;
  static constexpr unsigned kMost = 10 * kPerRetry;
  unsigned saved_ = kMost;
};

}  // namespace spm::prometheus
