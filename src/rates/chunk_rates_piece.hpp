#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/model/matrix.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/rates/rate_query.hpp>
#include <spm/rates/rate_variant.hpp>

#include "chunk_rates_budget.hpp"
#include "column_sums.hpp"
#include "rate_window.hpp"
#include "series_stream.hpp"

namespace spm::rates {

/// What every piece of one read works from.
struct PieceWork {
  std::vector<RatePart> parts;
  std::int64_t window_ms = 0;
  RateVariant variant;
  std::size_t max_series = 0;
};

struct PieceColumns {
  std::vector<model::Matrix> parts;   ///< in the order of PieceWork::parts
  std::vector<std::uint64_t> series;  ///< a number for each, the same in every piece
};

/// Turns the stream of one piece into its columns while it arrives. Never used by two threads at once.
class PieceReader final : public prometheus::ByteSink {
 public:
  /// `work` and `budget` are shared by the pieces of a read. `max_cells`: of this piece.
  PieceReader(std::shared_ptr<const PieceWork> work, const model::TimeGrid& grid, std::size_t max_cells,
              std::shared_ptr<ReadBudget> budget);

  base::Result<void> take(std::string_view bytes) override;
  /// After the last bytes.
  base::Result<PieceColumns> finish();

 private:
  base::Result<void> add(std::span<const LabelView> labels, const SeriesSamples& samples);
  base::Result<void> account();

  std::shared_ptr<const PieceWork> work_;
  std::shared_ptr<ReadBudget> budget_;
  RateWindow window_;
  ColumnSums sums_;
  SeriesStream stream_;
  StreamCounts accounted_;
  std::vector<std::uint64_t> series_;
};

}  // namespace spm::rates
