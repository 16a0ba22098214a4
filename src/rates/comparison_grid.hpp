#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <spm/model/time_grid.hpp>

#include "recorded_series.hpp"

namespace spm::rates {

/// At which times, and over which window, rates are compared.
struct ComparisonGrid {
  model::TimeGrid grid;
  std::int64_t window_ms = 0;

  friend bool operator==(const ComparisonGrid&, const ComparisonGrid&) = default;
};

/// A few points at which the variants differ, as far as samples within [from_ms, to_ms] allow: the first one lies just
/// one window after a sample, and so do the others where samples are evenly spaced; some series begins within the
/// windows, if any does. Every window lies within the range. `attempt`: another grid for each. nullopt: too few
/// samples.
std::optional<ComparisonGrid> choose_grid(std::span<const RecordedSeries> series, std::int64_t from_ms,
                                          std::int64_t to_ms, unsigned attempt);

}  // namespace spm::rates
