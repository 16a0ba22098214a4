#pragma once

#include <cstddef>
#include <cstdint>

namespace spm::model {

/// The evaluation times of one answer: start, start + step, ..., `points` of them. Milliseconds of Unix time.
struct TimeGrid {
  std::int64_t start_ms = 0;
  std::int64_t step_ms = 1;  ///< > 0
  std::size_t points = 0;

  std::int64_t at(std::size_t index) const noexcept { return start_ms + static_cast<std::int64_t>(index) * step_ms; }
  /// The last evaluation time; start_ms when there are no points.
  std::int64_t last_ms() const noexcept { return points == 0 ? start_ms : at(points - 1); }

  friend bool operator==(const TimeGrid&, const TimeGrid&) = default;
};

}  // namespace spm::model
