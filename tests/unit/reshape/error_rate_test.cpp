#include <cmath>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

#include <spm/reshape/family.hpp>

namespace spm::reshape {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Points = std::vector<std::optional<double>>;

model::Series series_of(std::string operation, const Points& points) {
  model::Series series{{{"service_name", "s"}, {"span_name", std::move(operation)}}, model::Column(points.size())};
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i]) series.column.set(i, *points[i]);
  }
  return series;
}

model::MetricFamily reshape_errors(const model::Matrix& ratios, const model::Matrix& calls) {
  model::MetricQuery query;
  query.kind = model::MetricKind::error_rate;
  query.group_by_operation = true;
  return to_error_rate_family(query, {}, ratios, calls);
}

TEST(ErrorRate, IsZeroWhereThereAreCallsAndNoErrors) {
  model::Matrix calls{{0, 10, 3}, {}};
  calls.series.push_back(series_of("clean", {1, std::nullopt, 0}));
  const auto family = reshape_errors({{0, 10, 3}, {}}, calls);
  ASSERT_EQ(family.metrics.size(), 1U);
  const model::Column& column = family.metrics[0].column;
  EXPECT_EQ(column.value(0), 0);
  EXPECT_FALSE(column.has(1));
  EXPECT_EQ(column.value(2), 0);  // no calls in the window, no error series: Jaeger shows 0
}

TEST(ErrorRate, KeepsEveryPointThatJaegerHas) {
  model::Matrix calls{{0, 10, 4}, {}};
  calls.series.push_back(series_of("a", {4, 4, 0, 4}));
  model::Matrix ratios{{0, 10, 4}, {}};
  ratios.series.push_back(series_of("a", {std::nullopt, 0.25, kNan, 1}));
  const auto family = reshape_errors(ratios, calls);
  const model::Column& column = family.metrics[0].column;
  EXPECT_EQ(column.value(0), 0);
  EXPECT_EQ(column.value(1), 0.25);
  EXPECT_TRUE(column.has(2) && std::isnan(column.value(2)));  // 0/0 with an error series
  EXPECT_EQ(column.value(3), 1);
}

TEST(ErrorRate, KeepsRatiosWithoutCalls) {
  model::Matrix ratios{{3, 10, 2}, {}};
  ratios.series.push_back(series_of("a", {0.5, std::nullopt}));
  const auto family = reshape_errors(ratios, {{0, 10, 2}, {}});
  EXPECT_EQ(family.grid.start_ms, 3);
  ASSERT_EQ(family.metrics.size(), 1U);
  EXPECT_EQ(family.metrics[0].column.value(0), 0.5);
  EXPECT_EQ(family.metrics[0].column.count(), 1U);
}

TEST(ErrorRate, SortsSeriesByLabels) {
  model::Matrix calls{{0, 10, 1}, {}};
  calls.series.push_back(series_of("b", {1}));
  calls.series.push_back(series_of("a", {1}));
  const auto family = reshape_errors({{0, 10, 1}, {}}, calls);
  EXPECT_EQ(family.metrics[0].labels[1].value, "a");
  EXPECT_EQ(family.metrics[1].labels[1].value, "b");
}

}  // namespace
}  // namespace spm::reshape
