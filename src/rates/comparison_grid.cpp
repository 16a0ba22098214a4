#include "comparison_grid.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace spm::rates {
namespace {

constexpr std::int64_t kPoints = 12;
constexpr std::int64_t kFewestPoints = 3;
constexpr std::int64_t kWindowSamples = 5;  ///< distances of samples that a window spans

/// The median: gaps and jitter do not move it.
std::int64_t sample_distance(std::span<const std::int64_t> times_ms) {
  std::vector<std::int64_t> distances;
  distances.reserve(times_ms.size());
  for (std::size_t i = 1; i < times_ms.size(); ++i) distances.push_back(times_ms[i] - times_ms[i - 1]);
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  return *middle;
}

/// When the last series that was not there from the start began; it goes on for some samples.
std::optional<std::int64_t> newest_beginning(std::span<const RecordedSeries> series, std::int64_t from_ms,
                                             std::int64_t distance_ms) {
  constexpr std::size_t kFewestSamples = 3;
  std::optional<std::int64_t> newest;
  for (const RecordedSeries& one : series) {
    if (one.times_ms.size() < kFewestSamples) continue;
    const std::int64_t began_ms = one.times_ms.front();
    if (began_ms > from_ms + 2 * distance_ms && (!newest || began_ms > *newest)) newest = began_ms;
  }
  return newest;
}

/// The last sample that is not after `latest_ms`; the first one where all are.
std::int64_t sample_before(std::span<const std::int64_t> times_ms, std::int64_t latest_ms) {
  const auto after = std::ranges::upper_bound(times_ms, latest_ms);
  return after == times_ms.begin() ? times_ms.front() : *(after - 1);
}

}  // namespace

std::optional<ComparisonGrid> choose_grid(std::span<const RecordedSeries> series, std::int64_t from_ms,
                                          std::int64_t to_ms, unsigned attempt) {
  const auto longest =
      std::ranges::max_element(series, {}, [](const RecordedSeries& one) { return one.times_ms.size(); });
  if (longest == series.end() || longest->times_ms.size() < 2) return std::nullopt;
  const std::int64_t distance_ms = sample_distance(longest->times_ms);

  ComparisonGrid chosen;
  chosen.window_ms = (kWindowSamples + attempt) * distance_ms;
  std::int64_t first_ms = to_ms - (kPoints - 1 + attempt) * distance_ms;
  if (const auto began_ms = newest_beginning(series, from_ms, distance_ms)) {
    // At its second sample it has a rate, and the rest of the window is empty.
    first_ms = std::min(first_ms, *began_ms + (1 + attempt) * distance_ms);
  }
  chosen.grid.start_ms = sample_before(longest->times_ms, first_ms - chosen.window_ms) + chosen.window_ms;
  chosen.grid.step_ms = distance_ms;
  if (chosen.grid.start_ms > to_ms) return std::nullopt;
  const std::int64_t points = std::min(kPoints, (to_ms - chosen.grid.start_ms) / distance_ms + 1);
  if (points < kFewestPoints) return std::nullopt;
  chosen.grid.points = static_cast<std::size_t>(points);
  return chosen;
}

}  // namespace spm::rates
