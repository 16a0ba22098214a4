#include "column_sums_join.hpp"

#include <map>
#include <utility>

#include "column_sums.hpp"

namespace spm::rates {

base::Result<model::Matrix> join_columns(const model::TimeGrid& grid, std::vector<model::Matrix> pieces,
                                         std::size_t& cells_left) {
  model::Matrix joined;
  joined.grid = grid;
  std::map<model::LabelSet, std::size_t> places;  // in joined.series
  std::size_t begin = 0;
  for (model::Matrix& piece : pieces) {
    for (model::Series& series : piece.series) {
      // Its memory is free again before the next one is copied.
      const model::Column column = std::move(series.column);
      const auto [place, is_new] = places.try_emplace(std::move(series.labels), joined.series.size());
      if (is_new) {
        if (grid.points > cells_left) return base::fail(too_many_cells());
        cells_left -= grid.points;
        joined.series.push_back({place->first, model::Column(grid.points)});
      }
      joined.series[place->second].column.place(begin, column);
    }
    begin += piece.grid.points;
  }
  return joined;
}

}  // namespace spm::rates
