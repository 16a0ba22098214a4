#include "rate_group.hpp"

#include <algorithm>
#include <utility>

namespace spm::cache {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes kNarrowestWidened{1};
constexpr std::chrono::hours kWidestOverlap{24};
constexpr std::chrono::hours kWidenedFor{1};
constexpr std::chrono::minutes kLookbackCounts{10};
constexpr std::chrono::minutes kBeginningEvery{5};

}  // namespace

RateGroup::RateGroup(std::string caller, std::string about, milliseconds overlap)
    : Kept(std::move(caller)),
      about_(std::move(about)),
      overlap_(overlap),
      widened_(overlap) {}

RateGroup::Terms RateGroup::note_question(std::size_t points, Time now) {
  const std::lock_guard lock(mutex_);
  if (now - longest_since_ >= kLookbackCounts) {
    longest_before_ = now - longest_since_ >= 2 * kLookbackCounts ? 0 : longest_now_;
    longest_now_ = 0;
    longest_since_ = now;
  }
  longest_now_ = std::max(longest_now_, points);
  return {generation_, overlap_at(now), longest()};
}

RateGroup::Terms RateGroup::terms(Time now) const {
  const std::lock_guard lock(mutex_);
  return {generation_, overlap_at(now), longest()};
}

bool RateGroup::drop(std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  if (generation != generation_) return false;
  ++generation_;
  beginning_read_.reset();
  latest_present_ms_.reset();
  return true;
}

bool RateGroup::drop_late(std::uint64_t generation, Time now) {
  const std::lock_guard lock(mutex_);
  if (generation != generation_) return false;
  ++generation_;
  beginning_read_.reset();
  latest_present_ms_.reset();
  widened_ = std::clamp<milliseconds>(2 * overlap_at(now), kNarrowestWidened,
                                      std::max<milliseconds>(kWidestOverlap, overlap_));
  widened_at_ = now;
  return true;
}

std::optional<std::int64_t> RateGroup::latest_present(std::optional<std::int64_t> seen) {
  const std::lock_guard lock(mutex_);
  latest_present_ms_ = std::max(latest_present_ms_, seen);
  return latest_present_ms_;
}

bool RateGroup::beginning_is_due(Time now) const {
  const std::lock_guard lock(mutex_);
  return !beginning_read_ || now - *beginning_read_ >= kBeginningEvery;
}

void RateGroup::beginning_was_read(Time now) {
  const std::lock_guard lock(mutex_);
  beginning_read_ = now;
}

std::size_t RateGroup::bytes() const { return sizeof(RateGroup) + caller().capacity() + about_.capacity(); }

milliseconds RateGroup::overlap_at(Time now) const {
  return widened_at_ && now - *widened_at_ < kWidenedFor ? widened_ : overlap_;
}

std::size_t RateGroup::longest() const { return std::max(longest_now_, longest_before_); }

}  // namespace spm::cache
