#include "chunk_rates_piece.hpp"

#include <functional>
#include <limits>
#include <utility>

namespace spm::rates {
namespace {

/// Those that hold for one stream alone; what pieces take together is the budget's.
StreamLimits stream_limits(const PieceWork& work) {
  StreamLimits limits;
  limits.max_series = work.max_series;
  limits.max_samples = std::numeric_limits<std::size_t>::max();
  return limits;
}

std::uint64_t number_of(std::span<const LabelView> labels) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  constexpr std::hash<std::string_view> kHash;
  std::uint64_t number = 0;
  for (const LabelView& label : labels) {
    number = (number ^ kHash(label.name)) * kOdd;
    number = (number ^ kHash(label.value)) * kOdd;
  }
  return number;
}

}  // namespace

PieceReader::PieceReader(std::shared_ptr<const PieceWork> work, const model::TimeGrid& grid, std::size_t max_cells,
                         std::shared_ptr<ReadBudget> budget)
    : work_(std::move(work)),
      budget_(std::move(budget)),
      window_(grid, work_->window_ms, work_->variant.window_start, work_->variant.extrapolation),
      sums_(grid, work_->variant.summation, work_->parts, max_cells),
      stream_(grid.start_ms - work_->window_ms, grid.last_ms(), stream_limits(*work_),
              [this](std::int64_t /*query*/, std::span<const LabelView> labels, const SeriesSamples& samples) {
                return add(labels, samples);
              }) {}

base::Result<void> PieceReader::take(std::string_view bytes) {
  if (auto fed = stream_.feed(bytes); !fed) {
    if (fed.error().kind == base::ErrorKind::query_rejected) budget_->leave_to_store();
    return fed;
  }
  return account();
}

base::Result<PieceColumns> PieceReader::finish() {
  if (auto whole = stream_.finish(); !whole) return base::fail(std::move(whole.error()));
  return PieceColumns{sums_.finish(), std::move(series_)};
}

base::Result<void> PieceReader::add(std::span<const LabelView> labels, const SeriesSamples& samples) {
  series_.push_back(number_of(labels));
  return sums_.add(labels, window_.compute(samples.times_ms(), samples.values()));
}

base::Result<void> PieceReader::account() {
  const StreamCounts& now = stream_.counts();
  const std::size_t bytes = now.bytes - accounted_.bytes;
  const std::size_t samples = now.samples - accounted_.samples;
  accounted_ = now;
  return budget_->take(bytes, samples);
}

}  // namespace spm::rates
