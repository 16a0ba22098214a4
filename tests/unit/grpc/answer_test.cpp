#include "answer.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace spm::grpc {
namespace {

model::MetricFamily family(model::TimeGrid grid) {
  model::MetricFamily made;
  made.name = "service_operation_latencies";
  made.help = "0.95th quantile latency, grouped by service & operation";
  made.grid = grid;
  return made;
}

TEST(Answer, AnEmptyFamilyKeepsItsNameTypeAndHelp) {
  proto::MetricFamily out;
  write_family(family({}), out);
  EXPECT_EQ(out.name(), "service_operation_latencies");
  EXPECT_EQ(out.type(), proto::GAUGE);
  EXPECT_EQ(out.help(), "0.95th quantile latency, grouped by service & operation");
  EXPECT_EQ(out.unit(), "");
  EXPECT_EQ(out.metrics_size(), 0);
}

TEST(Answer, WritesThePointsThatAreThereInOrder) {
  model::MetricFamily asked = family({1'763'605'800'123, 1'500, 4});
  model::Series series;
  series.labels = {{"service_name", "a.b"}, {"operation", "GET /\n\"x\""}};
  series.column = model::Column(4);
  series.column.set(0, 12.5);
  series.column.set(2, std::numeric_limits<double>::quiet_NaN());
  series.column.set(3, -std::numeric_limits<double>::infinity());
  asked.metrics.push_back(series);
  proto::MetricFamily out;
  write_family(asked, out);

  ASSERT_EQ(out.metrics_size(), 1);
  const proto::Metric& metric = out.metrics(0);
  ASSERT_EQ(metric.labels_size(), 2);
  EXPECT_EQ(metric.labels(0).name(), "service_name");
  EXPECT_EQ(metric.labels(0).value(), "a.b");
  EXPECT_EQ(metric.labels(1).name(), "operation");
  EXPECT_EQ(metric.labels(1).value(), "GET /\n\"x\"");
  ASSERT_EQ(metric.metric_points_size(), 3);
  EXPECT_EQ(metric.metric_points(0).gauge_value().double_value(), 12.5);
  EXPECT_EQ(metric.metric_points(0).timestamp().seconds(), 1'763'605'800);
  EXPECT_EQ(metric.metric_points(0).timestamp().nanos(), 123'000'000);
  EXPECT_TRUE(std::isnan(metric.metric_points(1).gauge_value().double_value()));
  EXPECT_EQ(metric.metric_points(1).timestamp().seconds(), 1'763'605'803);
  EXPECT_EQ(metric.metric_points(2).gauge_value().double_value(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(metric.metric_points(2).timestamp().nanos(), 623'000'000);
}

TEST(Answer, TimesBefore1970HaveNanosFromZeroUp) {
  model::MetricFamily asked = family({-1, 1, 1});
  model::Series series;
  series.column = model::Column(1);
  series.column.set(0, 0);
  asked.metrics.push_back(series);
  proto::MetricFamily out;
  write_family(asked, out);
  EXPECT_EQ(out.metrics(0).metric_points(0).timestamp().seconds(), -1);
  EXPECT_EQ(out.metrics(0).metric_points(0).timestamp().nanos(), 999'000'000);
  // A zero is a value that was chosen, not an absent one.
  EXPECT_EQ(out.metrics(0).metric_points(0).gauge_value().value_case(), proto::GaugeValue::kDoubleValue);
}

}  // namespace
}  // namespace spm::grpc
