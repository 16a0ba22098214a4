#include "column_math.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace spm::service {
namespace {

using Values = std::vector<std::optional<double>>;

model::Column column_of(const Values& values) {
  model::Column column(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]) column.set(i, *values[i]);
  }
  return column;
}

Values values_of(const model::Column& column) {
  Values values;
  for (std::size_t i = 0; i < column.size(); ++i) {
    values.push_back(column.has(i) ? std::optional(column.value(i)) : std::nullopt);
  }
  return values;
}

model::Matrix matrix_of(std::vector<std::pair<model::LabelSet, Values>> rows, std::size_t points) {
  model::Matrix matrix;
  matrix.grid = {1'000, 1'000, points};
  for (auto& [labels, values] : rows) matrix.series.push_back({std::move(labels), column_of(values)});
  return matrix;
}

TEST(Latencies, AreInterpolatedWithinTheBucketAndScaled) {
  const auto buckets = matrix_of({{{{"service_name", "a"}, {"le", "+Inf"}}, {10.0}},
                                  {{{"service_name", "a"}, {"le", "2"}}, {10.0}},
                                  {{{"service_name", "a"}, {"le", "1"}}, {5.0}}},
                                 1);
  const auto answer = latencies(buckets, 0.75, 1000, rates::BucketRepair::raise);
  ASSERT_EQ(answer.series.size(), 1U);
  EXPECT_EQ(answer.series[0].labels, (model::LabelSet{{"service_name", "a"}}));
  EXPECT_EQ(values_of(answer.series[0].column), Values{1500.0});
  EXPECT_EQ(answer.grid, buckets.grid);
}

TEST(Latencies, KeepGroupsApartAndPointsWhereBucketsAre) {
  const auto buckets = matrix_of({{{{"operation", "x"}, {"le", "1"}}, {5.0, std::nullopt}},
                                  {{{"operation", "x"}, {"le", "+Inf"}}, {5.0, std::nullopt}},
                                  {{{"operation", "y"}, {"le", "4"}}, {std::nullopt, 8.0}},
                                  {{{"operation", "y"}, {"le", "+Inf"}}, {std::nullopt, 8.0}}},
                                 2);
  const auto answer = latencies(buckets, 0.5, 1, rates::BucketRepair::raise);
  ASSERT_EQ(answer.series.size(), 2U);
  EXPECT_EQ(values_of(answer.series[0].column), (Values{0.5, std::nullopt}));
  EXPECT_EQ(values_of(answer.series[1].column), (Values{std::nullopt, 2.0}));
}

TEST(Latencies, IgnoreSeriesWithoutABound) {
  const auto buckets = matrix_of({{{{"service_name", "a"}}, {5.0}}, {{{"service_name", "a"}, {"le", "x"}}, {5.0}}}, 1);
  EXPECT_TRUE(latencies(buckets, 0.5, 1, rates::BucketRepair::raise).series.empty());
}

TEST(Fractions, AreThereWhereBothAre) {
  const auto calls = matrix_of(
      {{{{"operation", "x"}}, {4.0, 0.0, std::nullopt, 2.0}}, {{{"operation", "y"}}, {1.0, 1.0, 1.0, 1.0}}}, 4);
  const auto errors = matrix_of(
      {{{{"operation", "x"}}, {1.0, 0.0, 1.0, std::nullopt}}, {{{"operation", "z"}}, {1.0, 1.0, 1.0, 1.0}}}, 4);
  const auto answer = fractions(errors, calls);
  ASSERT_EQ(answer.series.size(), 1U);
  const Values values = values_of(answer.series[0].column);
  EXPECT_EQ(values[0], 0.25);
  ASSERT_TRUE(values[1]);
  EXPECT_TRUE(std::isnan(*values[1]));
  EXPECT_FALSE(values[2]);
  EXPECT_FALSE(values[3]);
}

}  // namespace
}  // namespace spm::service
