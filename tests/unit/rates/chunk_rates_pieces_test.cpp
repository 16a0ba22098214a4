#include "chunk_rates_pieces.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spm::rates {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;

TEST(ChunkRatesPieces, LongRangesAreCutIntoConsecutiveParts) {
  const model::TimeGrid grid{1000, kMinute, 47 * 60 + 1};
  EXPECT_THAT(pieces_of(grid, 10 * kMinute, 2),
              ElementsAre(model::TimeGrid{1000, kMinute, 1410}, model::TimeGrid{1000 + 1410 * kMinute, kMinute, 1411}));
  for (std::size_t pieces = 1; pieces < 20; ++pieces) {
    const auto cut = pieces_of(grid, 10 * kMinute, pieces);
    ASSERT_THAT(cut, SizeIs(pieces));
    std::size_t begin = 0;
    for (const model::TimeGrid& piece : cut) {
      EXPECT_EQ(piece.start_ms, grid.at(begin));
      EXPECT_EQ(piece.step_ms, grid.step_ms);
      EXPECT_GT(piece.points, 0U);
      begin += piece.points;
    }
    EXPECT_EQ(begin, grid.points);
  }
}

TEST(ChunkRatesPieces, ShortRangesAreReadAtOnce) {
  EXPECT_THAT(pieces_of({0, kMinute, 61}, 10 * kMinute, 8), SizeIs(1));
  EXPECT_THAT(pieces_of({0, kMinute, 240}, 10 * kMinute, 8), SizeIs(1));
  EXPECT_THAT(pieces_of({0, kMinute, 241}, 10 * kMinute, 8), SizeIs(2)) << "two of two hours";
  EXPECT_THAT(pieces_of({0, 1, 1}, 10 * kMinute, 8), SizeIs(1));
  EXPECT_THAT(pieces_of({0, kMinute, 1000}, kMinute, 0), SizeIs(1));
}

TEST(ChunkRatesPieces, LongWindowsAreNotReadTwiceForLittle) {
  EXPECT_THAT(pieces_of({0, kMinute, 24 * 60 + 1}, kHour, 8), SizeIs(3));
  EXPECT_THAT(pieces_of({0, kMinute, 24 * 60 + 1}, 24 * kHour, 8), SizeIs(1));
  EXPECT_THAT(pieces_of({0, kMinute, 24 * 60 + 1}, INT64_MAX / 2, 8), SizeIs(1));
}

TEST(ChunkRatesPieces, EveryPieceHasAPoint) {
  EXPECT_THAT(pieces_of({0, 100 * kHour, 3}, kMinute, 8),
              ElementsAre(model::TimeGrid{0, 100 * kHour, 1}, model::TimeGrid{100 * kHour, 100 * kHour, 1},
                          model::TimeGrid{200 * kHour, 100 * kHour, 1}));
}

}  // namespace
}  // namespace spm::rates
