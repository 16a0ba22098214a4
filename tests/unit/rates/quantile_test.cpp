#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <spm/rates/quantile.hpp>

namespace spm::rates {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Of one point.
double quantile(double q, const std::vector<std::pair<double, double>>& buckets,
                BucketRepair repair = BucketRepair::raise) {
  std::vector<model::Column> columns(buckets.size(), model::Column(1));
  std::vector<BucketColumn> views;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    columns[i].set(0, buckets[i].second);
    views.push_back({buckets[i].first, &columns[i]});
  }
  const model::Column answer = histogram_quantile(q, views, 1, repair);
  EXPECT_TRUE(answer.has(0));
  return answer.value(0);
}

TEST(BucketBound, ReadsWhatGoReads) {
  EXPECT_EQ(bucket_bound("0.1"), 0.1);
  EXPECT_EQ(bucket_bound("+2.5"), 2.5);
  EXPECT_EQ(bucket_bound("-1e3"), -1000.0);
  EXPECT_EQ(bucket_bound(".5"), 0.5);
  EXPECT_EQ(bucket_bound("+Inf"), kInfinity);
  EXPECT_EQ(bucket_bound("-inf"), -kInfinity);
  EXPECT_EQ(bucket_bound("Infinity"), kInfinity);
  for (const char* none : {"", "+", "x", "1x", "--1", "+-1", "nan", " 1", "1 ", "1e400", "in"}) {
    EXPECT_FALSE(bucket_bound(none)) << none;
  }
}

TEST(Quantile, LiesInsideItsBucketInProportion) {
  EXPECT_EQ(quantile(0.5, {{1, 0}, {2, 10}, {kInfinity, 10}}), 1.5);
  EXPECT_EQ(quantile(0.5, {{kInfinity, 10}, {2, 10}, {1, 0}}), 1.5) << "in whatever order";
  EXPECT_EQ(quantile(0.5, {{10, 10}, {kInfinity, 10}}), 5) << "the lowest bucket begins at zero";
  EXPECT_EQ(quantile(0.99, {{1, 5}, {2, 6}, {kInfinity, 100}}), 2) << "the last bucket has no end";
  EXPECT_EQ(quantile(0.1, {{-1, 5}, {kInfinity, 10}}), -1) << "nor has a lowest bucket below zero a beginning";
}

TEST(Quantile, HasItsLimits) {
  EXPECT_EQ(quantile(-0.1, {{1, 1}, {kInfinity, 2}}), -kInfinity);
  EXPECT_EQ(quantile(1.1, {{1, 1}, {kInfinity, 2}}), kInfinity);
  EXPECT_TRUE(std::isnan(quantile(std::nan(""), {{1, 1}, {kInfinity, 2}})));
  EXPECT_TRUE(std::isnan(quantile(0.5, {{1, 1}, {2, 2}}))) << "no bucket for everything";
  EXPECT_TRUE(std::isnan(quantile(0.5, {{kInfinity, 2}}))) << "a single bucket";
  EXPECT_TRUE(std::isnan(quantile(0.5, {{1, 0}, {kInfinity, 0}}))) << "no observations";
}

TEST(Quantile, EqualBoundsAreOneBucket) {
  EXPECT_EQ(quantile(0.5, {{2, 5}, {2, 5}, {kInfinity, 10}}), quantile(0.5, {{2, 10}, {kInfinity, 10}}));
}

TEST(Quantile, MendsCountsThatFall) {
  for (const auto repair : {BucketRepair::raise, BucketRepair::ignore_small_gaps}) {
    EXPECT_EQ(quantile(0.5, {{1, 4}, {2, 3}, {4, 8}, {kInfinity, 8}}, repair),
              quantile(0.5, {{1, 4}, {2, 4}, {4, 8}, {kInfinity, 8}}, repair));
  }
}

TEST(Quantile, SmallGapsCountOrNot) {
  // The last buckets differ by rounding only: whether the quantile lies in them depends on the repair.
  const double count = 10;
  const double above = std::nextafter(count, 11);
  const std::vector<std::pair<double, double>> buckets{{1, count}, {2, above}, {kInfinity, above}};
  EXPECT_EQ(quantile(1, buckets, BucketRepair::raise), 2);
  EXPECT_EQ(quantile(1, buckets, BucketRepair::ignore_small_gaps), 1);
}

TEST(Quantile, BucketsWithoutARateDoNotExistAtThatPoint) {
  std::vector<model::Column> columns(3, model::Column(3));
  columns[0].set(0, 5);
  columns[1].set(0, 10);
  columns[1].set(1, 10);
  columns[2].set(0, 10);
  columns[2].set(1, 10);
  const std::vector<BucketColumn> buckets{{1, &columns[0]}, {2, &columns[1]}, {kInfinity, &columns[2]}};
  const model::Column answer = histogram_quantile(0.75, buckets, 3, BucketRepair::raise);
  EXPECT_EQ(answer.value(0), 1.5);
  EXPECT_EQ(answer.value(1), 1.5);
  EXPECT_FALSE(answer.has(2));
}

}  // namespace
}  // namespace spm::rates
