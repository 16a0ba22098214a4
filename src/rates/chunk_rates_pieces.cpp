#include "chunk_rates_pieces.hpp"

#include <algorithm>

namespace spm::rates {
namespace {

/// Below this a request to the store costs more than reading side by side saves. It is also the range of one of
/// Prometheus' own blocks.
constexpr std::int64_t kShortestPieceMs = std::int64_t{2} * 3600 * 1000;
/// So many windows long, the samples that two pieces both read are an eighth.
constexpr std::int64_t kWindowsPerPiece = 8;

}  // namespace

std::vector<model::TimeGrid> pieces_of(const model::TimeGrid& grid, std::int64_t window_ms, std::size_t max_pieces) {
  const std::int64_t range_ms = grid.last_ms() - grid.start_ms;
  const std::int64_t shortest_ms =
      std::max(kShortestPieceMs, window_ms > range_ms ? window_ms : window_ms * kWindowsPerPiece);
  const auto worth = static_cast<std::size_t>(range_ms / shortest_ms);
  const std::size_t count = std::max<std::size_t>(std::min({worth, max_pieces, grid.points}), 1);

  std::vector<model::TimeGrid> pieces;
  pieces.reserve(count);
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= count; ++i) {
    const std::size_t end = grid.points / count * i + grid.points % count * i / count;
    pieces.push_back({grid.at(begin), grid.step_ms, end - begin});
    begin = end;
  }
  return pieces;
}

}  // namespace spm::rates
