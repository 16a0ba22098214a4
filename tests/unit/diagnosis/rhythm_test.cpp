#include "rhythm.hpp"

#include <gtest/gtest.h>

namespace spm::diagnosis {
namespace {

constexpr std::size_t kPoints = 181;
constexpr std::int64_t kStart = 1'795'140'000'000;

/// What a series with a sample each `sample_ms`, which grows each `change_ms`, looks like on a grid of 5 s.
Rhythm of(std::int64_t sample_ms, std::int64_t change_ms, std::size_t first = 0) {
  model::Column times(kPoints);
  model::Column values(kPoints);
  for (std::size_t i = first; i < kPoints; ++i) {
    const std::int64_t newest = (kStart + static_cast<std::int64_t>(i) * 5'000) / sample_ms * sample_ms;
    times.set(i, static_cast<double>(newest) / 1000);
    values.set(i, static_cast<double>(newest / change_ms));
  }
  return rhythm_of(times, values);
}

TEST(Rhythm, SamplesAndChangesAreMeasured) {
  EXPECT_EQ(of(15'000, 15'000).sample_interval_ms, 15'000);
  EXPECT_EQ(of(15'000, 15'000).change_interval_ms, 15'000);
  EXPECT_EQ(of(60'000, 60'000).sample_interval_ms, 60'000);
}

TEST(Rhythm, ACollectorThatIsScrapedMoreOftenThanItFlushes) {
  const Rhythm rhythm = of(15'000, 60'000);
  EXPECT_EQ(rhythm.sample_interval_ms, 15'000);
  EXPECT_EQ(rhythm.change_interval_ms, 60'000);
}

TEST(Rhythm, ASeriesThatHasJustBegun) { EXPECT_EQ(of(15'000, 15'000, kPoints - 12).sample_interval_ms, 15'000); }

TEST(Rhythm, FinerThanTheGridReadsAsTheGrid) { EXPECT_EQ(of(1'000, 1'000).sample_interval_ms, 5'000); }

TEST(Rhythm, ACounterThatHardlyMovesTellsNothingOfFlushes) {
  const Rhythm rhythm = of(15'000, 400'000);
  EXPECT_EQ(rhythm.sample_interval_ms, 15'000);
  EXPECT_EQ(rhythm.change_interval_ms, std::nullopt);
}

TEST(Rhythm, NothingFromNothing) {
  EXPECT_EQ(of(15'000, 15'000, kPoints - 1).sample_interval_ms, std::nullopt);
  EXPECT_EQ(rhythm_of(model::Column(0), model::Column(0)).sample_interval_ms, std::nullopt);
}

}  // namespace
}  // namespace spm::diagnosis
