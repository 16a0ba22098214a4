#include <gtest/gtest.h>

#include <spm/service/window.hpp>

namespace spm::service {
namespace {

constexpr std::int64_t kNow = 1'795'141'834'567;
constexpr std::int64_t kStep = 60'000;

/// An hour up to `end_ms`.
model::MetricQuery hour_up_to(std::int64_t end_ms, std::int64_t step_ms = kStep) {
  model::MetricQuery query;
  query.movable_end_ms = end_ms;
  query.grid = {end_ms - 3'600'000, step_ms, static_cast<std::size_t>(3'600'000 / step_ms) + 1};
  return query;
}

TEST(Aligned, AWindowThatEndsNowIsMovedBackToWholeSteps) {
  const model::MetricQuery moved = aligned(hour_up_to(kNow), kNow);
  EXPECT_EQ(moved.grid, (model::TimeGrid{1'795'141'800'000 - 3'600'000, kStep, 61}));
  EXPECT_EQ(moved.movable_end_ms, 1'795'141'800'000);
}

TEST(Aligned, WhatIsAStepAwayFromNowStays) {
  for (const std::int64_t end : {kNow - kStep, kNow + kStep, kNow - 86'400'000, kNow + 86'400'000}) {
    EXPECT_EQ(aligned(hour_up_to(end), kNow).grid, hour_up_to(end).grid) << end;
  }
  for (const std::int64_t end : {kNow - kStep + 1, kNow + kStep - 1}) {
    const model::MetricQuery moved = aligned(hour_up_to(end), kNow);
    EXPECT_EQ(moved.grid.last_ms() % kStep, 0) << end;
    EXPECT_LE(moved.grid.last_ms(), end);
    EXPECT_GT(moved.grid.last_ms(), end - kStep);
    EXPECT_EQ(moved.grid.points, 61U);
  }
}

TEST(Aligned, OnceMovedItStays) {
  const model::MetricQuery once = aligned(hour_up_to(kNow), kNow);
  EXPECT_EQ(aligned(once, kNow).grid, once.grid);
}

TEST(Aligned, ExactTimesAreNeverMoved) {
  model::MetricQuery exact = hour_up_to(kNow);
  exact.movable_end_ms.reset();
  EXPECT_EQ(aligned(exact, kNow).grid, hour_up_to(kNow).grid);
}

/// A lookback that is no whole number of steps: the last point is not the end.
TEST(Aligned, TheEndIsMovedNotTheLastPoint) {
  model::MetricQuery query;
  query.movable_end_ms = kNow;
  query.grid = {kNow - 150'000, kStep, 3};
  const model::MetricQuery moved = aligned(query, kNow);
  EXPECT_EQ(moved.grid.start_ms, 1'795'141'800'000 - 150'000);
}

TEST(Aligned, WholeStepsAreCountedFromTheEpochInBothDirections) {
  const model::MetricQuery moved = aligned(hour_up_to(-1), 0);
  EXPECT_EQ(moved.movable_end_ms, -kStep);
}

}  // namespace
}  // namespace spm::service
