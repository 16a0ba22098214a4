#include "discover_fixture.hpp"

/// How settings constrain what is found.
namespace spm::schema {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

using DiscoverSettings = DiscoverTest;

FakeProducer named(FakeProducer producer, std::string calls, std::string histogram) {
  producer.calls = std::move(calls);
  producer.histogram = std::move(histogram);
  return producer;
}

TEST_F(DiscoverSettings, WhatIsNotGivenIsDiscovered) {
  named(live(), "ours_calls_total", "ours_duration_seconds").write_to(store_);
  live().write_to(store_);
  options_.naming.metric_namespace = "ours";
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.family()->names.calls, "ours_calls_total");
  EXPECT_EQ(schema.family()->names.bucket, "ours_duration_seconds_bucket");
  EXPECT_EQ(schema.family()->names.to_milliseconds, 1000);
  EXPECT_EQ(schema.origin, StoreSchema::Origin::discovered);
  EXPECT_THAT(schema.families.back().misfit, HasSubstr("PROMETHEUS_QUERY_NAMESPACE"));
}

TEST_F(DiscoverSettings, AnEmptyNamespaceMeansNoPrefix) {
  named(live(), "calls_total", "duration_milliseconds").write_to(store_);
  live().write_to(store_);
  options_.naming.metric_namespace = "";
  EXPECT_EQ(chosen().names.calls, "calls_total");
}

TEST_F(DiscoverSettings, NormalizeCallsAsksForTotal) {
  live().write_to(store_);
  named(live(), "other_span_metrics_calls_total", "other_span_metrics_duration").write_to(store_);
  store_.clear();
  named(live(), "traces_span_metrics_calls", "traces_span_metrics_duration").write_to(store_);
  named(live(), "other_calls_total", "other_duration").write_to(store_);
  EXPECT_EQ(chosen().names.calls, "traces_span_metrics_calls");
  options_.naming.normalize_calls = true;
  EXPECT_EQ(chosen().names.calls, "other_calls_total");
}

TEST_F(DiscoverSettings, NormalizeDurationWithItsUnitAsksForTheSuffix) {
  live().write_to(store_);
  named(live(), "traces_span_metrics_calls_total", "traces_span_metrics_duration_seconds").write_to(store_);
  options_.naming.normalize_duration = true;
  options_.naming.duration_unit = DurationUnit::seconds;
  EXPECT_EQ(chosen().names.bucket, "traces_span_metrics_duration_seconds_bucket");
  options_.naming.duration_unit = DurationUnit::milliseconds;
  EXPECT_EQ(chosen().names.bucket, "traces_span_metrics_duration_milliseconds_bucket");
}

TEST_F(DiscoverSettings, TheUnitAloneConstrainsNothing) {
  live().write_to(store_);
  options_.naming.duration_unit = DurationUnit::seconds;
  const Family family = chosen();
  EXPECT_EQ(family.names.to_milliseconds, 1);  // the name tells
  EXPECT_EQ(family.unit_source, UnitSource::name);
}

TEST_F(DiscoverSettings, TheConnectorSettingOnlyPrefers) {
  FakeProducer guide = named(live(), "calls_total", "latency");
  guide.operation = "operation";
  guide.kind.clear();
  guide.status.clear();
  guide.write_to(store_);
  options_.naming.spanmetrics_connector = true;
  EXPECT_EQ(chosen().names.bucket, "latency_bucket");
  EXPECT_EQ(discovered().origin, StoreSchema::Origin::discovered);
}

TEST_F(DiscoverSettings, TheSecondGuideToo) {
  FakeProducer guide = named(live(), "calls_total", "duration_milliseconds");
  guide.kind.clear();
  guide.status.clear();
  guide.write_to(store_);
  options_.naming.spanmetrics_connector = true;
  options_.naming.normalize_calls = options_.naming.normalize_duration = true;
  options_.naming.duration_unit = DurationUnit::milliseconds;
  EXPECT_EQ(chosen().names.bucket, "duration_milliseconds_bucket");
}

TEST_F(DiscoverSettings, WhatFitsIsPreferredToWhatRanksHigherAndLookedForInEveryWindow) {
  live().write_to(store_);
  named(until(kNow - 30 * kHour), "ours_calls_total", "ours_duration_milliseconds").write_to(store_);
  options_.naming.metric_namespace = "ours";
  EXPECT_EQ(chosen().names.calls, "ours_calls_total");
}

TEST_F(DiscoverSettings, NothingFittingFallsBackToJaegersNamesAndSaysWhatWouldWork) {
  named(live(), "otel_span_metrics_calls_total", "otel_span_metrics_duration_milliseconds").write_to(store_);
  options_.naming.normalize_duration = true;
  options_.naming.duration_unit = DurationUnit::seconds;
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.origin, StoreSchema::Origin::fallback);
  ASSERT_NE(schema.family(), nullptr);
  EXPECT_EQ(schema.family()->names.calls, "traces_span_metrics_calls");
  EXPECT_EQ(schema.family()->names.bucket, "traces_span_metrics_duration_seconds_bucket");
  EXPECT_THAT(schema.reason, HasSubstr("PROMETHEUS_QUERY_NORMALIZE_DURATION"));
  EXPECT_THAT(schema.reason, HasSubstr("otel_span_metrics_calls_total"));
  EXPECT_THAT(schema.settings_that_fit, Contains("PROMETHEUS_QUERY_NAMESPACE=otel_span_metrics"));
  EXPECT_THAT(schema.settings_that_fit, Contains("PROMETHEUS_QUERY_DURATION_UNIT=ms"));
}

TEST_F(DiscoverSettings, TheFallbackHasNoNamespaceWhereTheConnectorSettingIsGiven) {
  named(live(), "calls", "duration").write_to(store_);
  options_.naming.spanmetrics_connector = true;
  options_.naming.normalize_calls = true;
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.origin, StoreSchema::Origin::fallback);
  EXPECT_EQ(schema.family()->names.calls, "calls_total");
}

TEST_F(DiscoverSettings, NothingAtAllIsNotAMismatch) {
  options_.naming.metric_namespace = "ours";
  EXPECT_EQ(discovered().family(), nullptr);
}

TEST_F(DiscoverSettings, AllNamesGivenAndPresentIsNoGuess) {
  FakeProducer odd = named(live(), "rpc_calls_total", "rpc_duration_seconds");
  odd.kind.clear();
  odd.status.clear();
  odd.write_to(store_);
  live().write_to(store_);
  options_.naming.metric_namespace = "rpc";
  options_.naming.normalize_calls = options_.naming.normalize_duration = true;
  options_.naming.duration_unit = DurationUnit::seconds;
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.origin, StoreSchema::Origin::configured);
  EXPECT_EQ(schema.family()->names.calls, "rpc_calls_total");
  EXPECT_EQ(schema.family()->names.kind_label, "");  // still looked up
}

TEST_F(DiscoverSettings, ANamedSchemaIsTheOnlyOneLookedFor) {
  live().write_to(store_);
  FakeProducer tempo = named(live(), "traces_spanmetrics_calls_total", "traces_spanmetrics_latency");
  tempo.service = "service";
  tempo.kind.clear();
  tempo.write_to(store_);
  options_.schema = schema_by_name("tempo");
  const StoreSchema schema = discovered();
  ASSERT_NE(schema.family(), nullptr);
  EXPECT_EQ(schema.origin, StoreSchema::Origin::configured);
  EXPECT_EQ(schema.family()->names.calls, "traces_spanmetrics_calls_total");
  EXPECT_EQ(schema.family()->names.kind_label, "");
  EXPECT_EQ(schema.family()->names.to_milliseconds, 1000);
  EXPECT_EQ(schema.family()->unit_source, UnitSource::setting);
  EXPECT_EQ(schema.families.size(), 1U);
}

TEST_F(DiscoverSettings, ANamedStatusLabelPicksItsFamily) {
  live().write_to(store_);
  FakeProducer otel = live();
  otel.status = "otel_status_code";
  otel.error = "ERROR";
  otel.unset = "";
  otel.more = {{"instance", "b"}};
  otel.write_to(store_);
  options_.schema = schema_by_name("connector-otel-status");
  const Family family = chosen();
  EXPECT_EQ(family.names.status_label, "otel_status_code");
  EXPECT_THAT(family.names.membership, ElementsAre(model::LabelPresence{"status_code", false}));
}

TEST_F(DiscoverSettings, ASchemaWrittenOutMayHaveAnyNames) {
  FakeProducer own = named(live(), "requests", "request_time");
  own.service = "app";
  own.operation = "route";
  own.kind.clear();
  own.status = "outcome";
  own.error = "boom";
  own.write_to(store_);
  CustomSchema schema;
  schema.calls = "requests";
  schema.histogram = "request_time";
  schema.service_label = "app";
  schema.operation_label = "route";
  schema.status_label = "outcome";
  schema.error_values = {"boom"};
  schema.unit = DurationUnit::microseconds;
  options_.schema = schema;
  const Family family = chosen();
  EXPECT_EQ(family.names.bucket, "request_time_bucket");
  EXPECT_EQ(family.names.service_label, "app");
  EXPECT_EQ(family.names.operation_label, "route");
  EXPECT_EQ(family.names.status_label, "outcome");
  EXPECT_THAT(family.names.error_values, ElementsAre("boom"));
  EXPECT_EQ(family.names.to_milliseconds, 1e-3);
}

TEST_F(DiscoverSettings, ASchemaThatIsNotThereIsNothingFound) {
  live().write_to(store_);
  options_.schema = schema_by_name("signoz");
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.family(), nullptr);
  EXPECT_THAT(schema.reason, HasSubstr("schema"));
}

TEST_F(DiscoverSettings, ANamedSchemaLeavesOutSeriesOfAnotherOperationLabel) {
  FakeProducer processor = live();
  processor.calls = "calls_total";
  processor.histogram = "latency";
  processor.operation = "operation";
  processor.write_to(store_);
  FakeProducer connector = live();
  connector.calls = "calls_total";
  connector.histogram = "duration_milliseconds";
  connector.write_to(store_);
  options_.schema = schema_by_name("processor");
  EXPECT_THAT(chosen().names.membership, testing::ElementsAre(model::LabelPresence{"operation", true}));
  EXPECT_EQ(chosen().names.bucket, "latency_bucket");
  options_.schema = schema_by_name("connector-old");
  EXPECT_THAT(chosen().names.membership, testing::ElementsAre(model::LabelPresence{"span_name", true}));
  EXPECT_EQ(chosen().names.bucket, "duration_milliseconds_bucket");
}

TEST_F(DiscoverSettings, ANamedSchemaWhoseSeriesHaveBothOperationLabelsTakesTheNamedOne) {
  FakeProducer producer = live();
  producer.calls = "calls_total";
  producer.histogram = "latency";
  producer.more = {{"operation", "x"}};
  producer.write_to(store_);
  options_.schema = schema_by_name("processor");
  EXPECT_EQ(chosen().names.operation_label, "operation");
  EXPECT_THAT(chosen().names.membership, testing::IsEmpty());
}

TEST_F(DiscoverSettings, ANamedStatusLabelLeavesOutSeriesOfAnother) {
  live().write_to(store_);
  FakeProducer other = live();
  other.status = "otel_status_code";
  other.error = "ERROR";
  other.unset = "";
  other.more = {{"instance", "b"}};
  for (const bool with_errors : {true, false}) {
    other.with_errors = with_errors;
    if (!with_errors) {
      store_.clear();
      live().write_to(store_);
    }
    other.write_to(store_);
    options_.schema = schema_by_name("connector-otel-status");
    const Family family = chosen();
    EXPECT_EQ(family.names.status_label, "otel_status_code");
    EXPECT_THAT(family.names.membership, testing::ElementsAre(model::LabelPresence{"status_code", false}));
  }
}

}  // namespace
}  // namespace spm::schema
