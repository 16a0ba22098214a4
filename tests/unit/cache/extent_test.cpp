#include "extent.hpp"

#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "matrix_ranges.hpp"

namespace spm::cache {
namespace {

using model::Matrix;
using model::TimeGrid;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::steady_clock;

constexpr double kAbsent = -1;

model::Series row(std::string name, std::initializer_list<double> values) {
  model::Series series{{{"group", std::move(name)}}, model::Column(values.size())};
  std::size_t i = 0;
  for (const double value : values) {
    if (value != kAbsent) series.column.set(i, value);
    ++i;
  }
  return series;
}

Matrix matrix(std::int64_t start_ms, std::vector<model::Series> series) {
  const std::size_t points = series.front().column.size();
  return {TimeGrid{start_ms, 10, points}, std::move(series)};
}

TEST(MatrixRanges, ASliceHasNoGroupWithoutPoints) {
  const Matrix whole = matrix(1'000, {row("a", {1, 2, kAbsent, 4}), row("b", {1, kAbsent, kAbsent, kAbsent})});
  const Matrix part = slice(whole, 1, 3);
  EXPECT_EQ(part.grid, (TimeGrid{1'010, 10, 3}));
  ASSERT_EQ(part.series.size(), 1U);
  EXPECT_TRUE(same_points(part, 0, matrix(1'010, {row("a", {2, kAbsent, 4})}), 0, 3));
}

TEST(MatrixRanges, JoinsGroupsByTheirLabelsInAnyOrder) {
  const Matrix head = matrix(1'000, {row("a", {9, 1, 2}), row("b", {9, 3, kAbsent}), row("c", {9, kAbsent, kAbsent})});
  const Matrix tail = matrix(1'030, {row("d", {5, 6}), row("b", {7, 8}), row("a", {kAbsent, 4})});
  const Matrix joined = join(head, 1, 3, tail);
  EXPECT_EQ(joined.grid, (TimeGrid{1'010, 10, 4}));
  ASSERT_EQ(joined.series.size(), 3U);
  const Matrix wanted =
      matrix(1'010, {row("a", {1, 2, kAbsent, 4}), row("b", {3, kAbsent, 7, 8}), row("d", {kAbsent, kAbsent, 5, 6})});
  EXPECT_TRUE(same_points(joined, 0, wanted, 0, 4));
}

TEST(MatrixRanges, LabelsInAnotherOrderAreTheSameGroup) {
  Matrix head = matrix(1'000, {row("a", {1})});
  Matrix tail = matrix(1'010, {row("a", {2})});
  head.series[0].labels = {{"x", "1"}, {"y", "2"}};
  tail.series[0].labels = {{"y", "2"}, {"x", "1"}};
  EXPECT_EQ(join(head, 0, 1, tail).series.size(), 1U);
  tail.series[0].labels = {{"y", "1"}, {"x", "2"}};
  EXPECT_EQ(join(head, 0, 1, tail).series.size(), 2U);
}

TEST(MatrixRanges, ComparesBitsAndPresence) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Matrix a = matrix(0, {row("a", {1, 0.0, nan, kAbsent})});
  EXPECT_TRUE(same_points(a, 0, a, 0, 4));
  EXPECT_TRUE(same_points(a, 2, matrix(0, {row("a", {-nan, kAbsent})}), 0, 2)) << "any NaN is as good as another";
  EXPECT_FALSE(same_points(a, 0, matrix(0, {row("a", {1, -0.0, nan, kAbsent})}), 0, 4));
  EXPECT_FALSE(same_points(a, 0, matrix(0, {row("a", {1, kAbsent, nan, kAbsent})}), 0, 4)) << "0 is there";
  EXPECT_FALSE(same_points(a, 0, matrix(0, {row("a", {1, 0.0, nan, 0.0})}), 0, 4));
  EXPECT_FALSE(same_points(a, 0, matrix(0, {row("b", {1, 0.0, nan, kAbsent})}), 0, 4));
  const Matrix more = matrix(0, {row("a", {1, 0.0, nan, kAbsent}), row("b", {kAbsent, kAbsent, 1, kAbsent})});
  EXPECT_FALSE(same_points(a, 0, more, 0, 4));
  EXPECT_FALSE(same_points(more, 0, a, 0, 4));
  EXPECT_TRUE(same_points(a, 0, more, 0, 2)) << "a group without points in the range does not exist there";
  EXPECT_TRUE(same_points(more, 0, a, 0, 2));
}

TEST(MatrixRanges, RoundingIsNoDifferenceWhereItIsSaidSo) {
  const Matrix a = matrix(0, {row("a", {0.1 + 0.2, 1e300})});
  const Matrix b = matrix(0, {row("a", {0.3, 1e300})});
  EXPECT_FALSE(same_points(a, 0, b, 0, 2));
  EXPECT_TRUE(same_points(a, 0, b, 0, 2, Sameness::rounding));
  EXPECT_FALSE(same_points(a, 0, matrix(0, {row("a", {0.300001, 1e300})}), 0, 2, Sameness::rounding));
  EXPECT_FALSE(same_points(a, 0, matrix(0, {row("a", {0.3, kAbsent})}), 0, 2, Sameness::rounding));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(same_points(a, 0, matrix(0, {row("a", {nan, 1e300})}), 0, 2, Sameness::rounding));
  const double infinite = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(same_points(a, 0, matrix(0, {row("a", {0.3, infinite})}), 0, 2, Sameness::rounding));
}

TEST(MatrixRanges, FindsWhatAnyGroupHas) {
  const Matrix some = matrix(0, {row("a", {kAbsent, kAbsent, 1, kAbsent}), row("b", {kAbsent, 1, kAbsent, kAbsent})});
  EXPECT_EQ(first_present(some, 0, 4), 1U);
  EXPECT_EQ(first_present(some, 2, 4), 2U);
  EXPECT_EQ(first_present(some, 3, 4), 4U);
  EXPECT_EQ(end_of_present(some, 4), 3U);
  EXPECT_EQ(end_of_present(some, 1), 0U);
}

TEST(MatrixRanges, WeighsValuesAndLabels) {
  const Matrix small = matrix(0, {row("a", {1})});
  Matrix large = matrix(0, {row(std::string(1'000, 'a'), {1})});
  EXPECT_GE(bytes_of(large), bytes_of(small) + 1'000);
  large.series[0].column = model::Column(10'000);
  EXPECT_GE(bytes_of(large), 10'000 * sizeof(double) + 10'000 / 8);
}

/// 60 points every minute from 0 on, read when the last one was just there.
class ExtentTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kMinute = 60'000;

  ExtentTest() {
    Matrix all{TimeGrid{0, kMinute, 60}, {}};
    model::Series series{{{"group", "a"}}, model::Column(60)};
    for (std::size_t i = 0; i < 60; ++i) series.column.set(i, static_cast<double>(i));
    all.series.push_back(std::move(series));
    held.matrix = std::make_shared<const Matrix>(std::move(all));
    held.final_points = 49;
    held.read = now;
    held.oldest = now.steady;
    held.overlap = minutes{10};
  }
  static TimeGrid grid(std::int64_t from, std::size_t points) { return {from * kMinute, kMinute, points}; }
  /// What a read of these points says, some of them bent.
  Matrix read_of(std::size_t from, std::size_t points) const { return slice(*held.matrix, from, points); }
  void pass(milliseconds time) {
    now.steady += time;
    now.wall_ms += time.count();
  }

  Moment now{59 * kMinute, steady_clock::time_point(std::chrono::hours{5})};
  Extent held;
};

TEST_F(ExtentTest, PointsAreFinalWhenTheyAreOlderThanTheOverlapByBothMeasures) {
  const Moment read{59 * kMinute, {}};
  EXPECT_EQ(final_points(grid(0, 60), read, 59 * kMinute, minutes{10}), 49U) << "point 49 is just as old, not older";
  EXPECT_EQ(final_points(grid(0, 60), read, 59 * kMinute, minutes{10} - milliseconds{1}), 50U);
  EXPECT_EQ(final_points(grid(0, 60), read, 30 * kMinute, minutes{10}), 20U);
  EXPECT_EQ(final_points(grid(0, 60), read, std::nullopt, minutes{10}), 0U);
  EXPECT_EQ(final_points(grid(0, 60), {200 * kMinute, {}}, 200 * kMinute, minutes{10}), 60U);
  EXPECT_EQ(final_points(grid(55, 5), read, 59 * kMinute, minutes{10}), 0U);
  EXPECT_EQ(final_points(grid(0, 60), read, 59 * kMinute, std::chrono::hours{24}), 0U);
}

TEST_F(ExtentTest, TellsHowMuchOfAGridIsFinal) {
  EXPECT_EQ(final_points_of(held, grid(0, 60)), 49U);
  EXPECT_EQ(final_points_of(held, grid(10, 60)), 39U);
  EXPECT_EQ(final_points_of(held, grid(10, 20)), 20U);
  EXPECT_EQ(final_points_of(held, grid(48, 60)), 1U);
  EXPECT_EQ(final_points_of(held, grid(49, 60)), 0U);
  EXPECT_EQ(final_points_of(held, grid(500, 60)), 0U);
  EXPECT_EQ(final_points_of(held, grid(-1, 60)), 0U) << "the beginning is missing";
}

TEST_F(ExtentTest, AnswersWhileItsNewestPointsAreFresh) {
  EXPECT_TRUE(answers(held, grid(0, 60), now));
  EXPECT_FALSE(answers(held, grid(0, 61), now));
  EXPECT_FALSE(answers(held, grid(-1, 60), now));
  pass(milliseconds{59'999});
  EXPECT_TRUE(answers(held, grid(30, 30), now));
  pass(milliseconds{1});
  EXPECT_FALSE(answers(held, grid(30, 30), now));
  EXPECT_TRUE(answers(held, grid(0, 49), now)) << "all of them final";
  EXPECT_EQ(fresh_for(1'000), milliseconds{1'000});
  EXPECT_EQ(fresh_for(3'600'000), milliseconds{60'000});
}

TEST_F(ExtentTest, TheSameGridIsNoCopy) {
  EXPECT_EQ(columns_over(held, grid(0, 60)), held.matrix);
  const auto part = columns_over(held, grid(20, 30));
  EXPECT_EQ(part->grid, grid(20, 30));
  EXPECT_EQ(part->series[0].column.value(0), 20.0);
}

TEST_F(ExtentTest, AgeAndSteppedClocksMakeItOutdated) {
  const std::chrono::hours age{1};
  EXPECT_EQ(outdated(held, now, age), std::nullopt);
  pass(minutes{59});
  EXPECT_EQ(outdated(held, now, age), std::nullopt);
  Moment stepped = now;
  stepped.wall_ms += 2'001;
  EXPECT_EQ(outdated(held, stepped, age), "clock");
  stepped.wall_ms -= 2 * 2'001;
  EXPECT_EQ(outdated(held, stepped, age), "clock");
  stepped.wall_ms += 1;
  EXPECT_EQ(outdated(held, stepped, age), std::nullopt);
  pass(minutes{1});
  EXPECT_EQ(outdated(held, now, age), "age");
}

TEST_F(ExtentTest, OnlyPointsThatWereSettledCanComeLate) {
  const auto bent = [&](std::size_t at) {
    Matrix read = read_of(49, 11);
    read.series[0].column.set(at - 49, 1e9);
    return read;
  };
  EXPECT_FALSE(settled_points_changed(held, read_of(49, 11)));
  EXPECT_TRUE(settled_points_changed(held, bent(49)));
  EXPECT_TRUE(settled_points_changed(held, bent(53)));
  EXPECT_FALSE(settled_points_changed(held, bent(54))) << "half of the overlap old, not older";
  EXPECT_FALSE(settled_points_changed(held, bent(59)));
  EXPECT_FALSE(settled_points_changed(held, read_of(59, 1)));
}

TEST_F(ExtentTest, AReadOfOtherTimesContradictsNothing) {
  Matrix far = read_of(0, 60);
  far.grid.start_ms += 1'000 * kMinute;
  EXPECT_FALSE(settled_points_changed(held, far));
  far.grid.start_ms -= 5'000 * kMinute;
  EXPECT_FALSE(settled_points_changed(held, far));
  Matrix earlier = join(Matrix{TimeGrid{-10 * kMinute, kMinute, 10}, {}}, 0, 10, read_of(0, 60));
  EXPECT_FALSE(settled_points_changed(held, earlier));
  earlier.series[0].column.set(10 + 20, 1e9);
  EXPECT_TRUE(settled_points_changed(held, earlier));
}

}  // namespace
}  // namespace spm::cache
