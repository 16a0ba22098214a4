#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <spm/cache/shelf.hpp>

namespace spm::cache {

/// What all parts that are read of the same series, over grids of one step and phase, have in common. Lives on the
/// shelf beside them; without it they are worth nothing. Safe from any thread.
class RateGroup final : public Kept {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Terms {
    std::uint64_t generation = 0;          ///< what is of another one counts no longer
    std::chrono::milliseconds overlap{0};  ///< wider for a while where data has come late
    std::size_t longest = 0;               ///< points of the longest grid that was asked for in the last minutes
  };

  RateGroup(std::string caller, std::string about, std::chrono::milliseconds overlap);

  /// A question for `points` comes.
  Terms note_question(std::size_t points, Time now);
  Terms terms(Time now) const;

  /// The latest point that any part is known to have, `seen` among them: a part that is silent by itself, of failed
  /// calls say, tells nothing about the store.
  std::optional<std::int64_t> latest_present(std::optional<std::int64_t> seen);

  /// All that is kept of `generation` counts no longer. False: it did not any more.
  bool drop(std::uint64_t generation);
  /// The same, because data has come late: the overlap is widened.
  bool drop_late(std::uint64_t generation, Time now);

  /// The beginning of what is kept is to be read again now and then: by everybody, until somebody has.
  bool beginning_is_due(Time now) const;
  /// The beginning was read just now.
  void beginning_was_read(Time now);

  std::size_t bytes() const override;
  std::string about() const override { return about_; }

 private:
  // mutex_ is held in all of these.
  std::chrono::milliseconds overlap_at(Time now) const;
  std::size_t longest() const;

  const std::string about_;
  const std::chrono::milliseconds overlap_;

  mutable std::mutex mutex_;  ///< guards all below
  std::uint64_t generation_ = 0;
  std::chrono::milliseconds widened_;
  std::optional<Time> widened_at_;
  std::size_t longest_now_ = 0;     ///< since longest_since_
  std::size_t longest_before_ = 0;  ///< in the time of the same length before
  Time longest_since_;
  std::optional<Time> beginning_read_;
  std::optional<std::int64_t> latest_present_ms_;
};

}  // namespace spm::cache
