#include <gtest/gtest.h>

#include <spm/schema/discovery.hpp>
#include <spm/schema/jaeger_settings.hpp>

namespace spm::schema {
namespace {

using Texts = std::vector<std::string>;

model::MetricNames names(std::string calls, std::string bucket) {
  model::MetricNames found;
  found.calls = std::move(calls);
  found.bucket = std::move(bucket);
  return found;
}

TEST(JaegerSettings, SpellEveryNameThatJaegerCanBuild) {
  EXPECT_EQ(settings_for(names("otel_span_metrics_calls_total", "otel_span_metrics_duration_seconds_bucket")),
            (Texts{"PROMETHEUS_QUERY_NAMESPACE=otel_span_metrics", "PROMETHEUS_QUERY_NORMALIZE_CALLS=true",
                   "PROMETHEUS_QUERY_NORMALIZE_DURATION=true", "PROMETHEUS_QUERY_DURATION_UNIT=s"}));
  EXPECT_EQ(settings_for(names("calls", "duration_bucket")),
            (Texts{"PROMETHEUS_QUERY_NAMESPACE=", "PROMETHEUS_QUERY_NORMALIZE_CALLS=false",
                   "PROMETHEUS_QUERY_NORMALIZE_DURATION=false", "PROMETHEUS_QUERY_DURATION_UNIT=ms"}));
}

TEST(JaegerSettings, LeadBackToTheSameNames) {
  NamingOptions naming;
  naming.metric_namespace = "otel_span_metrics";
  naming.normalize_calls = naming.normalize_duration = true;
  naming.duration_unit = DurationUnit::seconds;
  const model::MetricNames built = names_from_settings(naming);
  const Texts settings = settings_for(built);
  EXPECT_EQ(settings.front(), "PROMETHEUS_QUERY_NAMESPACE=otel_span_metrics");
  EXPECT_EQ(settings.back(), "PROMETHEUS_QUERY_DURATION_UNIT=s");
}

TEST(JaegerSettings, SayWhyNoSettingsDo) {
  Family family;
  family.histogram.classic = true;
  family.names = names("traces_spanmetrics_calls_total", "traces_spanmetrics_latency_bucket");
  EXPECT_TRUE(settings_for(family.names).empty());
  EXPECT_NE(why_not_jaeger(family).find("cannot spell"), std::string::npos);

  family.names = names("calls_total", "duration_milliseconds_bucket");
  EXPECT_EQ(why_not_jaeger(family), "");
  family.names.operation_label = "operation";
  EXPECT_NE(why_not_jaeger(family).find("span_name"), std::string::npos);
  family.names.operation_label = "span_name";
  family.names.kind_label.clear();
  EXPECT_NE(why_not_jaeger(family).find("span_kind"), std::string::npos);
  family.names.kind_label = "span.kind";
  EXPECT_NE(why_not_jaeger(family).find("dots"), std::string::npos);
  family.histogram.classic = false;
  EXPECT_NE(why_not_jaeger(family).find("classic buckets"), std::string::npos);
}

TEST(NamedSchemas, EachNameIsKnownAndNothingElse) {
  for (const std::string_view name : schema_names()) {
    const auto schema = schema_by_name(name);
    ASSERT_TRUE(schema) << name;
    EXPECT_FALSE(schema->calls.empty());
    EXPECT_FALSE(schema->histogram.empty());
  }
  EXPECT_FALSE(schema_by_name("graphite"));
  EXPECT_EQ(schema_by_name("tempo")->service_label, "service");
  EXPECT_EQ(schema_by_name("allinone-ns")->unit, DurationUnit::nanoseconds);
}

}  // namespace
}  // namespace spm::schema
