#include <gtest/gtest.h>

#include <spm/reshape/family.hpp>

namespace spm::reshape {
namespace {

model::MetricQuery query_of(model::MetricKind kind, bool by_operation, double quantile = 0) {
  model::MetricQuery query;
  query.kind = kind;
  query.group_by_operation = by_operation;
  query.quantile = quantile;
  return query;
}

TEST(FamilyText, IsJaegers) {
  using model::MetricKind;
  EXPECT_EQ(family_name(query_of(MetricKind::latency, false)), "service_latencies");
  EXPECT_EQ(family_name(query_of(MetricKind::latency, true)), "service_operation_latencies");
  EXPECT_EQ(family_name(query_of(MetricKind::call_rate, false)), "service_call_rate");
  EXPECT_EQ(family_name(query_of(MetricKind::error_rate, true)), "service_operation_error_rate");
  EXPECT_EQ(family_help(query_of(MetricKind::call_rate, true)), "calls/sec, grouped by service & operation");
  EXPECT_EQ(family_help(query_of(MetricKind::error_rate, false)),
            "error rate, computed as a fraction of errors/sec over calls/sec, grouped by service");
}

TEST(FamilyText, ShowsTheQuantileAsAsked) {
  const auto help = [](double quantile) { return family_help(query_of(model::MetricKind::latency, false, quantile)); };
  EXPECT_EQ(help(0.5), "0.50th quantile latency, grouped by service");
  EXPECT_EQ(help(1), "1.00th quantile latency, grouped by service");
  EXPECT_EQ(help(0.999), "0.999th quantile latency, grouped by service");
  EXPECT_EQ(help(0.5000001), "0.5000001th quantile latency, grouped by service");
  EXPECT_EQ(help(1e-7), "0.0000001th quantile latency, grouped by service");
  EXPECT_TRUE(help(5e-324).ends_with("5th quantile latency, grouped by service"));
}

TEST(ToFamily, RenamesOrdersAndSorts) {
  model::MetricNames names;
  names.service_label = "service";
  model::Matrix matrix{{0, 10, 1}, {}};
  for (const char* operation : {"b", "a", "empty"}) {
    model::Series series{{{"zone", "z"}, {"span_name", operation}, {"service", "s"}}, model::Column(1)};
    if (std::string_view(operation) != "empty") series.column.set(0, 1.5);
    matrix.series.push_back(std::move(series));
  }
  const auto family = to_family(query_of(model::MetricKind::call_rate, true), names, std::move(matrix));
  ASSERT_EQ(family.metrics.size(), 2U);  // the one without a point is left out
  EXPECT_EQ(family.metrics[0].labels, (model::LabelSet{{"service_name", "s"}, {"operation", "a"}, {"zone", "z"}}));
  EXPECT_EQ(family.metrics[1].labels[1].value, "b");
}

TEST(ToFamily, GivesTheUiAnOperationWhereTheSeriesHasNone) {
  model::Matrix matrix{{0, 10, 1}, {}};
  matrix.series.push_back({{{"service_name", "s"}}, model::Column(1)});
  matrix.series[0].column.set(0, 1);
  const auto family = to_family(query_of(model::MetricKind::call_rate, true), {}, std::move(matrix));
  EXPECT_EQ(family.metrics[0].labels, (model::LabelSet{{"service_name", "s"}, {"operation", ""}}));
}

}  // namespace
}  // namespace spm::reshape
