#include <gtest/gtest.h>

#include <spm/schema/configured_names.hpp>

namespace spm::schema {
namespace {

TEST(NamesFromSettings, DefaultsAreJaegers) {
  const auto names = names_from_settings({});
  EXPECT_EQ(names.calls, "traces_span_metrics_calls");
  EXPECT_EQ(names.bucket, "traces_span_metrics_duration_bucket");
  EXPECT_EQ(names.operation_label, "span_name");
  EXPECT_EQ(names.to_milliseconds, 1);
}

TEST(NamesFromSettings, NormalisationAndUnitChangeNameAndScale) {
  NamingOptions options;
  options.normalize_calls = options.normalize_duration = true;
  EXPECT_EQ(names_from_settings(options).calls, "traces_span_metrics_calls_total");
  EXPECT_EQ(names_from_settings(options).bucket, "traces_span_metrics_duration_milliseconds_bucket");
  options.duration_unit = DurationUnit::seconds;
  EXPECT_EQ(names_from_settings(options).bucket, "traces_span_metrics_duration_seconds_bucket");
  EXPECT_EQ(names_from_settings(options).to_milliseconds, 1000);
  options.normalize_duration = false;
  EXPECT_EQ(names_from_settings(options).bucket, "traces_span_metrics_duration_bucket");
  EXPECT_EQ(names_from_settings(options).to_milliseconds, 1000);  // the unit is known even where the name hides it
}

TEST(NamesFromSettings, ConnectorSettingMeansNoNamespace) {
  NamingOptions options;
  options.spanmetrics_connector = true;
  EXPECT_EQ(names_from_settings(options).calls, "calls");
  EXPECT_EQ(names_from_settings(options).bucket, "duration_bucket");
  options.spanmetrics_connector = false;
  EXPECT_EQ(names_from_settings(options).calls, "calls_total");
  EXPECT_EQ(names_from_settings(options).bucket, "latency_bucket");
  EXPECT_EQ(names_from_settings(options).operation_label, "operation");
}

TEST(NamesFromSettings, AGivenNamespaceCounts) {
  NamingOptions options;
  options.metric_namespace = "span_metrics";
  EXPECT_EQ(names_from_settings(options).calls, "span_metrics_calls");
  options.spanmetrics_connector = true;
  EXPECT_EQ(names_from_settings(options).calls, "span_metrics_calls");
  options.metric_namespace = "";
  options.spanmetrics_connector.reset();
  EXPECT_EQ(names_from_settings(options).calls, "calls");
}

}  // namespace
}  // namespace spm::schema
