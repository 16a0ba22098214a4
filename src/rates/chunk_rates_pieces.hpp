#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <spm/model/time_grid.hpp>

namespace spm::rates {

/// The consecutive parts of `grid`, which has points, that are read side by side: at most `max_pieces`, at least one.
/// Only as many as are worth it: each costs the store a request, and both sides the samples of one more window.
std::vector<model::TimeGrid> pieces_of(const model::TimeGrid& grid, std::int64_t window_ms, std::size_t max_pieces);

}  // namespace spm::rates
