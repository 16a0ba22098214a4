#include "selectors.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"

namespace spm::diagnosis {
namespace {

TEST(Selectors, PlainNames) {
  const FamilySelectors selectors(connector(), promql::Dialect::prometheus);
  EXPECT_EQ(selectors.select(), "traces_span_metrics_calls_total{}");
  EXPECT_EQ(selectors.select({{"service_name", promql::MatchOp::not_equal, ""}}),
            "traces_span_metrics_calls_total{service_name!=\"\"}");
}

TEST(Selectors, AFamilyThatSharesItsNameIsToldApartButForOverflow) {
  schema::Family family = connector();
  family.names.membership = {{"operation", true}, {"span_name", false}};
  const FamilySelectors selectors(family, promql::Dialect::prometheus);
  EXPECT_EQ(selectors.select(), "traces_span_metrics_calls_total{operation!=\"\",span_name=\"\"}");
  EXPECT_EQ(selectors.select_all(), "traces_span_metrics_calls_total{}");
}

TEST(Selectors, DottedNamesInBothDialects) {
  schema::Family family = connector();
  family.names.calls = "traces.span.metrics.calls";
  const std::vector<promql::Matcher> named = {{"service.name", promql::MatchOp::not_equal, ""}};
  EXPECT_EQ(FamilySelectors(family, promql::Dialect::prometheus).select(named),
            "{__name__=\"traces.span.metrics.calls\",\"service.name\"!=\"\"}");
  EXPECT_EQ(FamilySelectors(family, promql::Dialect::victoria_metrics).select(named),
            "{__name__=\"traces.span.metrics.calls\",service\\.name!=\"\"}");
}

TEST(Selectors, OneSeriesIsNamedByAllItsLabels) {
  const FamilySelectors selectors(connector(), promql::Dialect::prometheus);
  EXPECT_EQ(selectors.select_one({{"__name__", "x"}, {"service_name", "a\"b"}, {"le.x", "1"}}),
            "traces_span_metrics_calls_total{service_name=\"a\\\"b\",\"le.x\"=\"1\"}");
}

TEST(Selectors, ANativeHistogramCountsWhereNothingElseDoes) {
  schema::Family family = connector();
  family.names.calls.clear();
  family.names.bucket.clear();
  family.names.native_histogram = "traces_span_metrics_duration_milliseconds";
  family.histogram = {};
  family.histogram.native = true;
  const FamilySelectors selectors(family, promql::Dialect::prometheus);
  EXPECT_TRUE(selectors.counts_are_native());
  EXPECT_EQ(selectors.select(), "traces_span_metrics_duration_milliseconds{}");
}

}  // namespace
}  // namespace spm::diagnosis
