#include "column_sums.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "column_sums_add.hpp"

namespace spm::rates {
namespace {

constexpr model::TimeGrid kGrid{1000, 10, 200};

RatePoints rates(std::vector<PointRun> runs, double value) {
  return {std::vector<double>(kGrid.points, value), std::move(runs)};
}

std::string text(const model::LabelSet& labels) {
  std::string made;
  for (const auto& label : labels) made += label.name + "=" + label.value + ";";
  return made;
}

double total(Summation summation, const std::vector<double>& values) {
  ColumnSums sums({0, 1, 1}, summation, std::vector<Grouping>{{}}, 100);
  for (const double value : values) EXPECT_TRUE(sums.add({}, RatePoints{{value}, {{0, 1}}}));
  return sums.finish()[0].series.at(0).column.value(0);
}

TEST(ColumnSums, FillsAllGroupingsAtOnce) {
  ColumnSums sums(kGrid, Summation::plain, std::vector<Grouping>{{"service"}, {"service", "le"}}, 10'000);
  const std::vector<LabelView> one{{"le", "1"}, {"service", "a"}, {"x", "1"}};
  const std::vector<LabelView> two{{"le", "2"}, {"service", "a"}};
  const std::vector<LabelView> other{{"le", "1"}, {"service", "b"}};
  ASSERT_TRUE(sums.add(two, rates({{0, 10}}, 1)));
  ASSERT_TRUE(sums.add(one, rates({{5, 200}}, 2)));
  ASSERT_TRUE(sums.add(other, rates({{63, 65}, {128, 129}}, 4)));
  ASSERT_TRUE(sums.add(one, rates({{0, 1}}, 8)));
  const auto answer = sums.finish();

  ASSERT_EQ(answer.size(), 2U);
  EXPECT_EQ(answer[0].grid, kGrid);
  ASSERT_EQ(answer[0].series.size(), 2U);
  EXPECT_EQ(text(answer[0].series[0].labels), "service=a;");
  const model::Column& a = answer[0].series[0].column;
  EXPECT_EQ(a.count(), 200U);
  EXPECT_EQ(a.value(0), 9);
  EXPECT_EQ(a.value(4), 1);
  EXPECT_EQ(a.value(5), 3);
  EXPECT_EQ(a.value(199), 2);
  const model::Column& b = answer[0].series[1].column;
  EXPECT_EQ(b.count(), 3U);
  EXPECT_TRUE(b.has(63) && b.has(64) && b.has(128));

  ASSERT_EQ(answer[1].series.size(), 3U);
  EXPECT_EQ(text(answer[1].series[0].labels), "service=a;le=2;");
  EXPECT_EQ(text(answer[1].series[1].labels), "service=a;le=1;");
  EXPECT_EQ(answer[1].series[1].column.count(), 196U);
}

TEST(ColumnSums, ALabelThatIsMissingOrEmptyIsTheSame) {
  ColumnSums sums(kGrid, Summation::plain, std::vector<Grouping>{{"a", "b"}}, 10'000);
  ASSERT_TRUE(sums.add(std::vector<LabelView>{{"a", ""}, {"b", "x"}}, rates({{0, 1}}, 1)));
  ASSERT_TRUE(sums.add(std::vector<LabelView>{{"b", "x"}}, rates({{0, 1}}, 1)));
  ASSERT_TRUE(sums.add(std::vector<LabelView>{{"a", "x"}}, rates({{0, 1}}, 1)));
  const auto answer = sums.finish();
  ASSERT_EQ(answer[0].series.size(), 2U);
  EXPECT_EQ(text(answer[0].series[0].labels), "b=x;");
  EXPECT_EQ(answer[0].series[0].column.value(0), 2);
  EXPECT_EQ(text(answer[0].series[1].labels), "a=x;");
}

TEST(ColumnSums, APartMayTakeSomeSeriesOnly) {
  const RatePart all{{"a"}, std::nullopt};
  const RatePart some{{"a"}, LabelFilter{"status", {"1", "2"}}};
  const RatePart none{{"a"}, LabelFilter{"missing", {"1"}}};
  ColumnSums sums(kGrid, Summation::plain, std::vector<RatePart>{all, some, none}, 10'000);
  for (const char* status : {"0", "1", "2", "12", ""}) {
    for (const char* a : {"x", "y"}) {
      if (*status == '\0' && *a == 'y') continue;
      ASSERT_TRUE(sums.add(std::vector<LabelView>{{"a", a}, {"status", status}}, rates({{0, 1}}, 1)));
    }
  }
  const auto answer = sums.finish();
  ASSERT_EQ(answer.size(), 3U);
  EXPECT_EQ(answer[0].series.at(0).column.value(0), 5);
  EXPECT_EQ(answer[0].series.at(1).column.value(0), 4);
  ASSERT_EQ(answer[1].series.size(), 2U);
  EXPECT_EQ(text(answer[1].series[0].labels), "a=x;");
  EXPECT_EQ(answer[1].series[0].column.value(0), 2);
  EXPECT_EQ(answer[1].series[1].column.value(0), 2);
  EXPECT_TRUE(answer[2].series.empty());
}

TEST(ColumnSums, ASeriesWithoutPointsMakesNoGroup) {
  ColumnSums sums(kGrid, Summation::plain, std::vector<Grouping>{{"a"}}, 10'000);
  ASSERT_TRUE(sums.add(std::vector<LabelView>{{"a", "x"}}, rates({}, 1)));
  EXPECT_TRUE(sums.finish()[0].series.empty());
}

TEST(ColumnSums, TheWaysOfAddingDiffer) {
  EXPECT_EQ(total(Summation::plain, {1, 1e100, 1, -1e100}), 0);
  EXPECT_EQ(total(Summation::compensated, {1, 1e100, 1, -1e100}), 2);
}

TEST(ColumnSums, InfinityStaysInfinity) {
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(total(Summation::plain, {infinity, 1}), infinity);
  EXPECT_EQ(total(Summation::compensated, {infinity, 1}), infinity);
  EXPECT_EQ(total(Summation::compensated, {1, infinity, 1}), infinity);
}

TEST(ColumnSums, ManyPointsAtOnceAreAddedLikeEachAlone) {
  std::mt19937_64 chance(9);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<double> sums(1003);
  std::vector<double> lost(sums.size());
  std::vector<double> rates(sums.size());
  for (auto* numbers : {&sums, &lost, &rates}) {
    for (double& number : *numbers) {
      number = std::ldexp(static_cast<double>(chance() >> 11U), static_cast<int>(chance() % 120) - 100);
      if (chance() % 2 == 0) number = -number;
      if (chance() % 50 == 0) number = chance() % 2 == 0 ? 0.0 : -0.0;
      if (chance() % 50 == 0) number = chance() % 2 == 0 ? kInfinity : std::numeric_limits<double>::quiet_NaN();
    }
  }
  std::vector<double> plain = sums;
  std::vector<double> compensated = sums;
  std::vector<double> found_lost = lost;
  add_plain(plain.data(), rates.data(), rates.size());
  add_compensated(compensated.data(), found_lost.data(), rates.data(), rates.size());
  const auto same = [](double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
  };
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double total = sums[i] + rates[i];
    EXPECT_TRUE(same(plain[i], total)) << i;
    EXPECT_TRUE(same(compensated[i], total)) << i;
    double wanted = lost[i];
    if (std::isinf(total)) {
      wanted = 0;
    } else if (std::abs(sums[i]) >= std::abs(rates[i])) {
      wanted += (sums[i] - total) + rates[i];
    } else {
      wanted += (rates[i] - total) + sums[i];
    }
    EXPECT_TRUE(same(found_lost[i], wanted)) << i << " " << found_lost[i] << " " << wanted;
  }
}

TEST(ColumnSums, AreBounded) {
  ColumnSums sums(kGrid, Summation::plain, std::vector<Grouping>{{"a"}}, 2 * kGrid.points);
  ASSERT_TRUE(sums.add(std::vector<LabelView>{{"a", "x"}}, rates({{0, 1}}, 1)));
  ASSERT_TRUE(sums.add(std::vector<LabelView>{{"a", "y"}}, rates({{0, 1}}, 1)));
  ASSERT_TRUE(sums.add(std::vector<LabelView>{{"a", "x"}}, rates({{0, 1}}, 1)));
  const auto added = sums.add(std::vector<LabelView>{{"a", "z"}}, rates({{0, 1}}, 1));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().kind, base::ErrorKind::answer_too_large);
}

}  // namespace
}  // namespace spm::rates
