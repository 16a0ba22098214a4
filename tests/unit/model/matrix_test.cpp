#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include <spm/model/matrix.hpp>

namespace spm::model {
namespace {

Series series_of(LabelSet labels, std::vector<double> values) {
  Series series{std::move(labels), Column(values.size())};
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0) series.column.set(i, values[i]);  // negative: absent
  }
  return series;
}

TEST(Column, TellsAbsentFromNanAndZero) {
  Column column(130);
  column.set(0, 0.0);
  column.set(64, std::numeric_limits<double>::quiet_NaN());
  column.set(129, 2.0);
  EXPECT_TRUE(column.has(0));
  EXPECT_FALSE(column.has(1));
  EXPECT_TRUE(column.has(64));
  EXPECT_TRUE(std::isnan(column.value(64)));
  EXPECT_TRUE(column.has(129));
  EXPECT_EQ(column.count(), 3U);
}

TEST(Column, PlacesPiecesAtAnyPoint) {
  for (std::size_t border = 0; border <= 200; ++border) {
    Column whole(200);
    Column first(border);
    Column second(200 - border);
    for (std::size_t i = 0; i < 200; i += i % 3 == 0 ? 1 : 2) {
      const auto value = static_cast<double>(i);
      i < border ? first.set(i, value) : second.set(i - border, value);
    }
    whole.place(border, second);
    whole.place(0, first);
    for (std::size_t i = 0; i < 200; ++i) {
      const Column& piece = i < border ? first : second;
      const std::size_t at = i < border ? i : i - border;
      ASSERT_EQ(whole.has(i), piece.has(at)) << border << " " << i;
      if (piece.has(at)) {
        ASSERT_EQ(whole.value(i), piece.value(at));
      }
    }
  }
}

TEST(Column, AppendsAnyRange) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    const std::size_t size = 1 + random() % 300;
    Column source(size);
    for (std::size_t i = 0; i < size; ++i) {
      if (random() % 3 != 0) source.set(i, static_cast<double>(random()));
    }
    const std::size_t begin = random() % size;
    const std::size_t count = random() % (size - begin + 1);
    const std::size_t before = random() % 200;
    Column made;
    if (round % 2 == 0) made.reserve(before + count);
    for (std::size_t left = before; left > 0;) {
      const std::size_t some = std::min(left, 1 + random() % 90);
      made.append_absent(some);
      left -= some;
    }
    made.append(source, begin, count);
    ASSERT_EQ(made.size(), before + count);
    std::size_t present = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const bool wanted = i >= before && source.has(begin + i - before);
      ASSERT_EQ(made.has(i), wanted) << round << " " << i;
      if (wanted) {
        ASSERT_EQ(made.value(i), source.value(begin + i - before));
      }
      present += wanted ? 1 : 0;
    }
    ASSERT_EQ(made.count(), present) << "no bit past the last value";
  }
}

TEST(Column, FindsTheFirstAndTheLastPresentPointOfARange) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    const std::size_t size = 1 + random() % 300;
    Column column(size);
    for (int points = static_cast<int>(random() % 4); points > 0; --points) column.set(random() % size, 1.0);
    const std::size_t begin = random() % (size + 1);
    const std::size_t end = begin + random() % (size - begin + 1);
    std::size_t first = begin;
    while (first < end && !column.has(first)) ++first;
    EXPECT_EQ(column.first_present(begin, end), first);
    std::size_t last = end;
    while (last > 0 && !column.has(last - 1)) --last;
    EXPECT_EQ(column.end_of_present(end), last);
  }
}

TEST(JoinPieces, PutsConsecutivePiecesOnOneGrid) {
  std::vector<Matrix> pieces(2);
  pieces[0] = {{1000, 10, 3}, {}};
  pieces[0].series.push_back(series_of({{"a", "1"}, {"b", "2"}}, {1, 2, 3}));
  pieces[1] = {{1030, 10, 2}, {}};
  pieces[1].series.push_back(series_of({{"b", "2"}, {"a", "1"}}, {4, -1}));  // same labels in another order
  pieces[1].series.push_back(series_of({{"a", "2"}}, {-1, 9}));

  const Matrix joined = join_pieces(std::move(pieces));
  EXPECT_EQ(joined.grid, (TimeGrid{1000, 10, 5}));
  ASSERT_EQ(joined.series.size(), 2U);
  const Column& first = joined.series[0].column;
  EXPECT_EQ(first.value(2), 3);
  EXPECT_EQ(first.value(3), 4);
  EXPECT_FALSE(first.has(4));
  EXPECT_FALSE(joined.series[1].column.has(3));
  EXPECT_EQ(joined.series[1].column.value(4), 9);
}

// A store that moves windows down to its own steps sends pieces that overlap by one point.
TEST(JoinPieces, FollowsAShiftThatAnEmptyFirstPieceDoesNotShow) {
  std::vector<Matrix> pieces(2);
  pieces[0] = {{1003, 10, 3}, {}};
  pieces[1] = {{1030, 10, 3}, {}};  // asked for 1033
  pieces[1].series.push_back(series_of({{"a", "1"}}, {1, 2, 3}));

  const Matrix joined = join_pieces(std::move(pieces));
  EXPECT_EQ(joined.grid.start_ms, 1000);
  ASSERT_EQ(joined.grid.points, 6U);
  EXPECT_FALSE(joined.series[0].column.has(2));
  EXPECT_EQ(joined.series[0].column.value(3), 1);
  EXPECT_EQ(joined.series[0].column.value(5), 3);
}

TEST(JoinPieces, OfNothingIsNothing) {
  EXPECT_TRUE(join_pieces({}).series.empty());
  std::vector<Matrix> empty(2);
  empty[0].grid = {0, 10, 3};
  empty[1].grid = {30, 10, 3};
  EXPECT_TRUE(join_pieces(std::move(empty)).series.empty());
}

}  // namespace
}  // namespace spm::model
