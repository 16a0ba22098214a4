#include "breaker.hpp"

#include <algorithm>
#include <utility>

namespace spm::prometheus {

std::optional<Breaker::Clock::duration> Breaker::enter(Clock::time_point now) {
  if (!open_until_) return std::nullopt;
  if (now < *open_until_) return *open_until_ - now;
  if (probing_) return std::chrono::seconds{1};  // the probe's outcome is near
  probing_ = true;
  return std::nullopt;
}

void Breaker::success() {
  failures_ = 0;
  open_until_.reset();
  probing_ = false;
}

void Breaker::failure(Clock::time_point now, std::string why) {
  if (open_until_ && !probing_) return;  // of a request that was on its way before the breaker opened
  reason_ = std::move(why);
  if (probing_ || ++failures_ >= failures_to_open_) {
    open_until_ = now + open_for_;
    probing_ = false;
  }
}

void Breaker::abandoned() { probing_ = false; }

void RetryBudget::earn() noexcept { saved_ = std::min(saved_ + kPerRequest, kMost); }

bool RetryBudget::spend() noexcept {
  if (saved_ < kPerRetry) return false;
  saved_ -= kPerRetry;
  return true;
}

}  // namespace spm::prometheus
