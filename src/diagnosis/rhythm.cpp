#include "rhythm.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace spm::diagnosis {
namespace {

constexpr std::size_t kFewestSamples = 3;
/// A service that is seldom called changes seldom: only a counter that moves steadily shows when it is flushed.
constexpr std::size_t kFewestChanges = 4;

std::optional<std::int64_t> median_gap(const std::vector<std::int64_t>& times, std::size_t fewest) {
  if (times.size() < fewest) return std::nullopt;
  std::vector<std::int64_t> gaps;
  for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

}  // namespace

Rhythm rhythm_of(const model::Column& times, const model::Column& values) {
  std::vector<std::int64_t> samples;
  std::vector<std::int64_t> changes;
  double last = 0;
  for (std::size_t i = 0; i < std::min(times.size(), values.size()); ++i) {
    if (!times.has(i) || !values.has(i)) continue;
    const auto at = static_cast<std::int64_t>(std::llround(times.value(i) * 1000));
    if (!samples.empty() && at == samples.back()) continue;
    if (!samples.empty() && values.value(i) != last) changes.push_back(at);
    last = values.value(i);
    samples.push_back(at);
  }
  Rhythm rhythm;
  rhythm.sample_interval_ms = median_gap(samples, kFewestSamples);
  rhythm.change_interval_ms = median_gap(changes, kFewestChanges);
  return rhythm;
}

}  // namespace spm::diagnosis
