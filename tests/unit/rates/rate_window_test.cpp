#include "rate_window.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace spm::rates {
namespace {

using Points = std::map<std::size_t, double>;

struct Samples {
  std::vector<std::int64_t> times;
  std::vector<double> values;
};

Points points_of(const RatePoints& rates) {
  Points points;
  for (const PointRun run : rates.runs) {
    for (std::size_t i = run.begin; i < run.end; ++i) points[i] = rates.values[i];
  }
  return points;
}

/// Word for word what the reference says: every window on its own.
Points slowly(const model::TimeGrid& grid, std::int64_t window_ms, RateVariant variant, const Samples& samples) {
  Points points;
  for (std::size_t point = 0; point < grid.points; ++point) {
    const std::int64_t at = grid.at(point);
    const std::int64_t start = at - window_ms;
    std::vector<std::size_t> in;
    for (std::size_t i = 0; i < samples.times.size(); ++i) {
      const std::int64_t time = samples.times[i];
      const bool after = variant.window_start == WindowStart::closed ? time >= start : time > start;
      if (after && time <= at) in.push_back(i);
    }
    if (in.size() < 2) continue;
    const std::size_t first = in.front();
    const std::size_t last = in.back();
    double d = samples.values[last] - samples.values[first];
    for (std::size_t i = first + 1; i <= last; ++i) {
      if (samples.values[i] < samples.values[i - 1]) d += samples.values[i - 1];
    }
    double to_start = static_cast<double>(samples.times[first] - start) / 1000;
    double to_end = static_cast<double>(at - samples.times[last]) / 1000;
    const double span = static_cast<double>(samples.times[last] - samples.times[first]) / 1000;
    const double average = span / static_cast<double>(in.size() - 1);
    const double limit = average * 1.1;
    if (variant.extrapolation == Extrapolation::newer && to_start >= limit) to_start = average / 2;
    if (d > 0 && samples.values[first] >= 0) {
      const double to_zero = span * (samples.values[first] / d);
      if (to_zero < to_start) to_start = to_zero;
    }
    double e = span;
    if (variant.extrapolation == Extrapolation::older) {
      e += to_start < limit ? to_start : average / 2;
      e += to_end < limit ? to_end : average / 2;
    } else {
      if (to_end >= limit) to_end = average / 2;
      e = span + to_start + to_end;
    }
    const double seconds =
        static_cast<double>(window_ms / 1000) + static_cast<double>(window_ms % 1000 * 1'000'000) / 1e9;
    points[point] = d * (e / span / seconds);
  }
  return points;
}

Points quickly(const model::TimeGrid& grid, std::int64_t window_ms, RateVariant variant, const Samples& samples) {
  RateWindow window(grid, window_ms, variant.window_start, variant.extrapolation);
  return points_of(window.compute(samples.times, samples.values));
}

constexpr RateVariant kPrometheus2{};
constexpr RateVariant kPrometheus3{WindowStart::left_open, Extrapolation::newer, Summation::compensated};

TEST(RateWindow, AFullWindowIsTheSlope) {
  // 2 a second, a sample each 10 s from 0 on; the window (10 s, 30 s] has 2 samples in Prometheus 3.
  const Samples samples{{0, 10'000, 20'000, 30'000}, {1000, 1020, 1040, 1060}};
  EXPECT_EQ(quickly({30'000, 1000, 1}, 20'000, kPrometheus2, samples), (Points{{0, 2.0}}));
  EXPECT_EQ(quickly({30'000, 1000, 1}, 20'000, kPrometheus3, samples), (Points{{0, 2.0}}));
}

TEST(RateWindow, OnlyTheClosedWindowHoldsASampleAtItsStart) {
  const Samples samples{{0, 10'000}, {1, 2}};
  const model::TimeGrid grid{10'000, 1000, 1};
  EXPECT_EQ(quickly(grid, 10'000, {WindowStart::closed, Extrapolation::older, {}}, samples).size(), 1U);
  EXPECT_EQ(quickly(grid, 10'000, {WindowStart::left_open, Extrapolation::older, {}}, samples).size(), 0U);
  EXPECT_EQ(quickly(grid, 10'001, {WindowStart::left_open, Extrapolation::older, {}}, samples).size(), 1U);
}

TEST(RateWindow, ACounterThatRestartsHasGrown) {
  const Samples samples{{0, 10'000, 20'000, 30'000}, {10, 15, 5, 8}};
  // 5 before, 5 from zero, 3 after, over exactly 30 s.
  EXPECT_EQ(quickly({30'000, 1000, 1}, 30'000, kPrometheus2, samples), (Points{{0, 13.0 * (30.0 / 30.0 / 30.0)}}));
}

TEST(RateWindow, FewerThanTwoSamplesAreNoPoint) {
  const model::TimeGrid grid{0, 1000, 100};
  EXPECT_TRUE(quickly(grid, 10'000, kPrometheus2, {}).empty());
  EXPECT_TRUE(quickly(grid, 10'000, kPrometheus2, {{5000}, {1}}).empty());
  EXPECT_TRUE(quickly(grid, 10'000, kPrometheus2, {{5000, 16'000}, {1, 2}}).empty());
  EXPECT_TRUE(quickly({0, 1, 0}, 10'000, kPrometheus2, {{1, 2}, {1, 2}}).empty());
}

TEST(RateWindow, RunsAreWhereThePointsAre) {
  RateWindow window({0, 1000, 100}, 5000, WindowStart::closed, Extrapolation::older);
  const std::vector<std::int64_t> times{2000, 4000, 50'000, 51'500};
  const std::vector<double> values{1, 2, 3, 4};
  EXPECT_EQ(window.compute(times, values).runs, (std::vector<PointRun>{{4, 8}, {52, 56}}));
  EXPECT_TRUE(window.compute({}, {}).runs.empty());
  EXPECT_EQ(window.compute(times, values).runs, (std::vector<PointRun>{{4, 8}, {52, 56}}));
}

TEST(RateWindow, IsToTheBitWhatEveryWindowAloneGives) {
  std::mt19937_64 chance(11);
  const auto below = [&](std::uint64_t limit) { return static_cast<std::int64_t>(chance() % limit); };
  std::size_t compared = 0;
  for (int round = 0; round < 3000; ++round) {
    Samples samples;
    std::int64_t time = below(60'000);
    double value = round % 3 == 0 ? 0 : static_cast<double>(below(1000));
    const std::int64_t jitter = round % 2 == 0 ? 1 : 1 + below(9000);
    const double unit = round % 5 == 0 ? 0.1 : 1;
    for (std::int64_t i = below(80); i > 0; --i) {
      samples.times.push_back(time);
      samples.values.push_back(value);
      time += below(20) == 0 ? 1 + below(200'000) : 15'000 + below(static_cast<std::uint64_t>(jitter));
      value = below(15) == 0 ? static_cast<double>(below(3)) : value + static_cast<double>(below(6)) * unit;
      if (below(300) == 0) value = round % 7 == 0 ? std::nan("") : -1;
      if (below(1000) == 0) value = std::numeric_limits<double>::infinity();
    }
    const model::TimeGrid grid{below(4) * 15'000 + below(2), 1 + below(2) * 14'999 + below(3) * 20'000,
                               static_cast<std::size_t>(below(80))};
    const std::int64_t window = std::vector<std::int64_t>{30'500, 60'000, 61'001, 300'000, 1}[chance() % 5];
    for (const auto start : {WindowStart::closed, WindowStart::left_open}) {
      for (const auto extrapolation : {Extrapolation::older, Extrapolation::newer}) {
        const RateVariant variant{start, extrapolation, {}};
        const Points wanted = slowly(grid, window, variant, samples);
        const Points found = quickly(grid, window, variant, samples);
        ASSERT_EQ(found.size(), wanted.size()) << round;
        for (const auto& [point, rate] : wanted) {
          ASSERT_TRUE(found.contains(point)) << round;
          const double got = found.at(point);
          ASSERT_TRUE(std::bit_cast<std::uint64_t>(got) == std::bit_cast<std::uint64_t>(rate) ||
                      (std::isnan(got) && std::isnan(rate)))
              << round << " " << point << " " << got << " " << rate;
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, 100'000U);
}

TEST(RateWindow, RegularScrapesAreToTheBitTheSameToo) {
  std::mt19937_64 chance(12);
  const auto below = [&](std::uint64_t limit) { return static_cast<std::int64_t>(chance() % limit); };
  std::size_t compared = 0;
  for (int round = 0; round < 400; ++round) {
    Samples samples;
    std::int64_t time = below(100'000);
    double value = static_cast<double>(below(2) * below(100'000));
    const std::int64_t distance = 5000 * (1 + below(4));
    const auto gap_in = static_cast<std::uint64_t>(std::vector<int>{10, 50, 300, 100'000}[chance() % 4]);
    for (std::int64_t i = below(800); i > 0; --i) {
      samples.times.push_back(time);
      samples.values.push_back(value);
      time += below(gap_in) == 0 ? 1 + below(400'000) : distance;
      value = below(gap_in) == 0 ? static_cast<double>(below(3)) : value + static_cast<double>(below(3)) * 0.1;
      if (below(2000) == 0) value = std::nan("");
    }
    const std::int64_t step = distance * std::vector<std::int64_t>{1, 2, 3, 4, 12}[chance() % 5];
    const model::TimeGrid grid{below(3) * 5000 + below(2) * below(5000), step, static_cast<std::size_t>(below(400))};
    const std::int64_t window = std::vector<std::int64_t>{distance, 60'000, 61'001, 300'000, 600'000}[chance() % 5];
    for (const auto start : {WindowStart::closed, WindowStart::left_open}) {
      for (const auto extrapolation : {Extrapolation::older, Extrapolation::newer}) {
        const RateVariant variant{start, extrapolation, {}};
        const Points wanted = slowly(grid, window, variant, samples);
        const Points found = quickly(grid, window, variant, samples);
        ASSERT_EQ(found.size(), wanted.size()) << round;
        for (const auto& [point, rate] : wanted) {
          ASSERT_TRUE(found.contains(point)) << round;
          const double got = found.at(point);
          ASSERT_TRUE(std::bit_cast<std::uint64_t>(got) == std::bit_cast<std::uint64_t>(rate) ||
                      (std::isnan(got) && std::isnan(rate)))
              << round << " " << point << " " << got << " " << rate;
          ++compared;
        }
      }
    }
  }
  EXPECT_GT(compared, 100'000U);
}

}  // namespace
}  // namespace spm::rates
