#include "comparison_grid.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace spm::rates {
namespace {

constexpr std::int64_t kTo = 1'795'140'000'000;
constexpr std::int64_t kFrom = kTo - 900'000;

RecordedSeries every(std::int64_t distance_ms, std::int64_t from_ms, std::int64_t to_ms) {
  RecordedSeries series;
  for (std::int64_t time_ms = from_ms; time_ms <= to_ms; time_ms += distance_ms) {
    series.times_ms.push_back(time_ms);
    series.values.push_back(static_cast<double>(time_ms - from_ms));
  }
  return series;
}

bool lies_on_samples(const ComparisonGrid& grid, const RecordedSeries& series) {
  for (std::size_t i = 0; i < grid.grid.points; ++i) {
    if (!std::ranges::binary_search(series.times_ms, grid.grid.at(i) - grid.window_ms)) return false;
  }
  return true;
}

TEST(ComparisonGrid, EveryWindowStartsAtASample) {
  const std::vector<RecordedSeries> series = {every(15'000, kFrom + 7'123, kTo)};
  for (const unsigned attempt : {0U, 1U}) {
    const auto grid = choose_grid(series, kFrom, kTo, attempt);
    ASSERT_TRUE(grid);
    EXPECT_EQ(grid->grid.points, 12U);
    EXPECT_TRUE(lies_on_samples(*grid, series[0]));
    EXPECT_LE(grid->grid.last_ms(), kTo);
    EXPECT_GE(grid->grid.start_ms - grid->window_ms, kFrom);
  }
  EXPECT_NE(choose_grid(series, kFrom, kTo, 0), choose_grid(series, kFrom, kTo, 1));
}

TEST(ComparisonGrid, ASeriesBeginsWithinTheWindows) {
  const std::int64_t began_ms = kFrom + 500'000;
  const std::vector<RecordedSeries> series = {every(15'000, kFrom, kTo), every(15'000, began_ms, kTo)};
  const auto grid = choose_grid(series, kFrom, kTo, 0);
  ASSERT_TRUE(grid);
  std::size_t windows = 0;  // that hold two samples of the new series, and a gap before them that is not continued over
  for (std::size_t i = 0; i < grid->grid.points; ++i) {
    const std::int64_t start_ms = grid->grid.at(i) - grid->window_ms;
    if (grid->grid.at(i) >= began_ms + 15'000 && start_ms + 2 * 15'000 <= began_ms) ++windows;
  }
  EXPECT_GE(windows, 1U);
  EXPECT_TRUE(lies_on_samples(*grid, series[0]));
}

TEST(ComparisonGrid, WidelySpacedSamplesGetWideWindows) {
  const std::vector<RecordedSeries> series = {every(300'000, kTo - 7'200'000, kTo)};
  const auto grid = choose_grid(series, kTo - 7'200'000, kTo, 0);
  ASSERT_TRUE(grid);
  EXPECT_EQ(grid->window_ms, 1'500'000);
  EXPECT_EQ(grid->grid.step_ms, 300'000);
}

TEST(ComparisonGrid, TooFewSamplesMakeNone) {
  EXPECT_FALSE(choose_grid({}, kFrom, kTo, 0));
  const std::vector<RecordedSeries> one = {every(15'000, kTo - 15'000, kTo - 15'000)};
  EXPECT_FALSE(choose_grid(one, kFrom, kTo, 0));
  const std::vector<RecordedSeries> few = {every(15'000, kTo - 60'000, kTo)};
  EXPECT_FALSE(choose_grid(few, kFrom, kTo, 0));
}

}  // namespace
}  // namespace spm::rates
