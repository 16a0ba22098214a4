#include <spm/schema/jaeger_settings.hpp>

#include "discover_fixture.hpp"

/// Which families are made of the names, and which one is chosen.
namespace spm::schema {
namespace {

using model::LabelPresence;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using DiscoverFamilies = DiscoverTest;

FakeProducer processor(FakeProducer producer) {
  producer.calls = "calls_total";
  producer.histogram = "latency";
  producer.operation = "operation";
  return producer;
}

FakeProducer connector_old(FakeProducer producer) {
  producer.calls = "calls_total";
  producer.histogram = "duration_milliseconds";
  return producer;
}

FakeProducer tempo(FakeProducer producer) {
  producer.calls = "traces_spanmetrics_calls_total";
  producer.histogram = "traces_spanmetrics_latency";
  producer.service = "service";
  producer.le = {"0.002", "0.5", "15", "+Inf"};
  return producer;
}

FakeProducer agent(FakeProducer producer) {
  producer.calls = "traces_spanmetrics_calls_total";
  producer.histogram = "traces_spanmetrics_latency";
  producer.operation = "operation";
  return producer;
}

FakeProducer otel_status(FakeProducer producer) {
  producer.status = "otel_status_code";
  producer.error = "ERROR";
  producer.unset = "";
  return producer;
}

TEST_F(DiscoverFamilies, TheConnector) {
  live().write_to(store_);
  const Family family = chosen();
  EXPECT_EQ(family.names.calls, "traces_span_metrics_calls_total");
  EXPECT_EQ(family.names.bucket, "traces_span_metrics_duration_milliseconds_bucket");
  EXPECT_EQ(family.names.native_histogram, "");
  EXPECT_EQ(family.names.service_label, "service_name");
  EXPECT_EQ(family.names.operation_label, "span_name");
  EXPECT_EQ(family.names.kind_label, "span_kind");
  EXPECT_EQ(family.names.status_label, "status_code");
  EXPECT_THAT(family.names.error_values, ElementsAre("STATUS_CODE_ERROR"));
  EXPECT_TRUE(family.error_value_seen);
  EXPECT_TRUE(family.names.histogram_has_kind);
  EXPECT_THAT(family.names.membership, IsEmpty());
  EXPECT_EQ(family.unit_source, UnitSource::name);
  EXPECT_EQ(family.producer, "OpenTelemetry spanmetrics connector");
  EXPECT_EQ(why_not_jaeger(family), "");
}

TEST_F(DiscoverFamilies, EveryKnownSchemaIsFoundWithNothingConfigured) {
  for (const std::string_view name : schema_names()) {
    if (name == "connector-utf8" || name == "connector-no-translation") continue;  // dotted: a test of their own
    const CustomSchema schema = *schema_by_name(name);
    for (const bool with_kind : {true, false}) {
      for (const bool with_status : {true, false}) {
        store_.clear();
        FakeProducer producer = live();
        producer.calls = schema.calls;
        producer.histogram = schema.histogram;
        if (!schema.service_label.empty()) producer.service = schema.service_label;
        producer.operation = schema.operation_label;
        if (!with_kind) producer.kind.clear();
        if (!with_status) producer.status.clear();
        producer.write_to(store_);
        const Family family = chosen();
        EXPECT_EQ(family.names.calls, producer.calls) << name;
        EXPECT_EQ(family.names.bucket, producer.histogram + "_bucket") << name;
        EXPECT_EQ(family.names.operation_label, producer.operation) << name;
        EXPECT_EQ(family.names.service_label, producer.service) << name;
        EXPECT_EQ(family.names.kind_label.empty(), !with_kind) << name;
        EXPECT_EQ(family.names.status_label.empty(), !with_status) << name;
      }
    }
  }
}

TEST_F(DiscoverFamilies, MixedFormsOfNamesBelongTogether) {
  FakeProducer producer = live();
  producer.calls = "calls_total";
  producer.histogram = "duration";
  producer.write_to(store_);
  EXPECT_EQ(chosen().names.bucket, "duration_bucket");
}

TEST_F(DiscoverFamilies, OneCallsNameWithTwoOperationLabelsIsTwoFamilies) {
  processor(live()).write_to(store_);
  connector_old(live()).write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_EQ(schema.families.size(), 2U);
  const Family& first = *schema.family();
  EXPECT_EQ(first.names.bucket, "duration_milliseconds_bucket");
  EXPECT_THAT(first.names.membership, ElementsAre(LabelPresence{"span_name", true}));
  const Family& second = schema.families[1];
  EXPECT_EQ(second.names.bucket, "latency_bucket");
  EXPECT_EQ(second.names.operation_label, "operation");
  EXPECT_EQ(second.names.membership.front(), (LabelPresence{"operation", true}));
  EXPECT_THAT(schema.also_live, ElementsAre(1U));
  EXPECT_THAT(schema.reason, HasSubstr("calls_total with duration_milliseconds"));
}

TEST_F(DiscoverFamilies, ThePreferredOperationLabelDecidesBetweenEquals) {
  processor(live()).write_to(store_);
  connector_old(live()).write_to(store_);
  options_.naming.spanmetrics_connector = false;
  EXPECT_EQ(chosen().names.bucket, "latency_bucket");
  options_.naming.spanmetrics_connector = true;
  EXPECT_EQ(chosen().names.bucket, "duration_milliseconds_bucket");
}

TEST_F(DiscoverFamilies, SeriesWithBothOperationLabelsAreOneFamily) {
  FakeProducer producer = live();
  producer.more = {{"operation", "x"}};
  producer.write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_EQ(schema.families.size(), 1U);
  EXPECT_EQ(schema.family()->names.operation_label, "span_name");
  EXPECT_THAT(schema.family()->names.membership, IsEmpty());
}

TEST_F(DiscoverFamilies, FamiliesUnderOneNameHaveTheirOwnServiceLabelAndUnit) {
  tempo(live()).write_to(store_);
  agent(until(kNow - 20 * kMinute)).write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_EQ(schema.families.size(), 2U);
  EXPECT_EQ(schema.families[0].names.service_label, "service");
  EXPECT_EQ(schema.families[0].names.to_milliseconds, 1000);
  EXPECT_EQ(schema.families[0].producer, "Tempo");
  EXPECT_EQ(schema.families[1].names.service_label, "service_name");
  EXPECT_EQ(schema.families[1].names.to_milliseconds, 1);
  EXPECT_EQ(schema.families[1].producer, "Grafana Agent");
  EXPECT_THAT(schema.also_live, IsEmpty());
}

TEST_F(DiscoverFamilies, OnePrefixWithSeveralHistogramsIsSeveralFamilies) {
  live().write_to(store_);
  FakeProducer seconds = live();
  seconds.histogram = "traces_span_metrics_duration_seconds";
  seconds.le = {"0.002", "15", "+Inf"};
  seconds.write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_EQ(schema.families.size(), 2U);
  EXPECT_EQ(schema.families[0].names.to_milliseconds, 1);
  EXPECT_EQ(schema.families[1].names.to_milliseconds, 1000);
  EXPECT_EQ(schema.families[0].names.calls, schema.families[1].names.calls);
}

TEST_F(DiscoverFamilies, TheHistogramWithTheNewerSamplesWins) {
  until(kNow - 30 * kMinute).write_to(store_);
  FakeProducer seconds = live();
  seconds.histogram = "traces_span_metrics_duration_seconds";
  seconds.write_to(store_);
  EXPECT_EQ(chosen().names.bucket, "traces_span_metrics_duration_seconds_bucket");
}

TEST_F(DiscoverFamilies, ADurationWithoutCallsCountsItself) {
  FakeProducer producer = live();
  producer.calls.clear();
  producer.histogram = "app_duration_seconds";
  producer.write_to(store_);
  const Family family = chosen();
  EXPECT_EQ(family.names.calls, "app_duration_seconds_count");
  EXPECT_EQ(family.names.bucket, "app_duration_seconds_bucket");
}

TEST_F(DiscoverFamilies, CallsWithoutADurationStillAnswer) {
  FakeProducer producer = live();
  producer.histogram.clear();
  producer.write_to(store_);
  const Family family = chosen();
  EXPECT_EQ(family.names.bucket, "");
  EXPECT_EQ(family.histogram_base, "");
}

TEST_F(DiscoverFamilies, KnownNamesComeBeforeLabels) {
  FakeProducer other = live();
  other.calls = "app_calls_total";
  other.histogram = "app_duration_milliseconds";
  other.write_to(store_);
  FakeProducer known = live();
  known.kind.clear();
  known.status.clear();
  known.write_to(store_);
  EXPECT_EQ(chosen().names.calls, "traces_span_metrics_calls_total");
}

TEST_F(DiscoverFamilies, KindThenStatusThenTheNewestSample) {
  FakeProducer with_kind = live();
  with_kind.calls = "a_calls_total";
  with_kind.histogram = "a_duration";
  with_kind.status.clear();
  FakeProducer with_status = with_kind;
  with_status.calls = "b_calls_total";
  with_status.histogram = "b_duration";
  with_status.kind.clear();
  with_status.status = "status_code";
  with_status.write_to(store_);
  EXPECT_EQ(chosen().names.calls, "b_calls_total");
  with_kind.write_to(store_);
  EXPECT_EQ(chosen().names.calls, "a_calls_total");

  FakeProducer both = with_kind;
  both.calls = "c_calls_total";
  both.histogram = "c_duration";
  both.status = "status_code";
  both.until_ms = kNow - 30 * kMinute;
  both.write_to(store_);
  EXPECT_EQ(chosen().names.calls, "c_calls_total");
  FakeProducer newer = both;
  newer.calls = "d_calls_total";
  newer.histogram = "d_duration";
  newer.until_ms = kNow - 10 * kMinute;
  newer.write_to(store_);
  EXPECT_EQ(chosen().names.calls, "d_calls_total");
}

TEST_F(DiscoverFamilies, ScrapesThatDoNotComeAtOnceChangeNothing) {
  FakeProducer other = live();
  other.calls = "otel_span_metrics_calls_total";
  other.histogram = "otel_span_metrics_duration_milliseconds";
  other.write_to(store_);
  until(kNow - kMinute).write_to(store_);
  EXPECT_EQ(chosen().names.calls, "traces_span_metrics_calls_total");
}

TEST_F(DiscoverFamilies, LookalikesAreUsedOnlyWhenNothingElseExists) {
  FakeProducer plain = live();
  plain.calls = "calls_total";
  plain.histogram = "latency";
  plain.kind.clear();
  plain.status.clear();
  plain.write_to(store_);
  EXPECT_EQ(chosen().names.calls, "calls_total");
  EXPECT_TRUE(chosen().looks_alike);

  until(kNow - 34 * kHour).write_to(store_);
  EXPECT_EQ(chosen().names.calls, "traces_span_metrics_calls_total");
}

TEST_F(DiscoverFamilies, LookalikesUnderOtherNamesAreReportedOnly) {
  FakeProducer rpc = live();
  rpc.calls = "rpc_calls_total";
  rpc.histogram = "rpc_duration_seconds";
  rpc.kind.clear();
  rpc.status.clear();
  rpc.write_to(store_);
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.family(), nullptr);
  ASSERT_EQ(schema.families.size(), 1U);
  EXPECT_THAT(schema.families.front().rejected_because, HasSubstr("neither"));
  EXPECT_THAT(schema.reason, HasSubstr("rpc_calls_total"));
}

TEST_F(DiscoverFamilies, HttpStatusesMakeNoSpanMetrics) {
  FakeProducer http = live();
  http.calls.clear();
  http.histogram = "http_request_duration_seconds";
  http.kind.clear();
  http.error = "500";
  http.unset = "200";
  http.write_to(store_);
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.family(), nullptr);
}

TEST_F(DiscoverFamilies, AFamilyNeedsAServiceAndAnOperationOrKind) {
  FakeProducer no_service = live();
  no_service.service = "app";
  no_service.write_to(store_);
  StoreSchema schema = discovered();
  EXPECT_EQ(schema.family(), nullptr);
  EXPECT_THAT(schema.families.front().rejected_because, HasSubstr("service"));

  store_.clear();
  FakeProducer only_kind = live();
  only_kind.operation.clear();
  only_kind.write_to(store_);
  EXPECT_EQ(chosen().names.operation_label, "");

  store_.clear();
  only_kind.kind.clear();
  only_kind.write_to(store_);
  EXPECT_EQ(discovered().family(), nullptr);
}

TEST_F(DiscoverFamilies, ForeignCallsUnderOurPrefixDoNotHideTheHistogram) {
  FakeProducer foreign = live();
  foreign.calls = "traces_span_metrics_calls_total";
  foreign.histogram.clear();
  foreign.service = "tenant";
  foreign.write_to(store_);
  FakeProducer histogram = live();
  histogram.calls.clear();
  histogram.write_to(store_);
  EXPECT_EQ(chosen().names.calls, "traces_span_metrics_duration_milliseconds_count");
}

TEST_F(DiscoverFamilies, ExportedLabelsWin) {
  FakeProducer producer = tempo(live());
  producer.service = "exported_service";
  producer.more = {{"service", "tempo"}};
  producer.write_to(store_);
  EXPECT_EQ(chosen().names.service_label, "exported_service");
}

TEST_F(DiscoverFamilies, CallsAndDurationMayCarryDifferentLabels) {
  FakeProducer calls = live();
  calls.histogram.clear();
  calls.write_to(store_);
  FakeProducer durations = live();
  durations.calls.clear();
  durations.kind.clear();
  durations.write_to(store_);
  const Family family = chosen();
  EXPECT_EQ(family.names.kind_label, "span_kind");
  EXPECT_FALSE(family.names.histogram_has_kind);
  EXPECT_THAT(family.histogram_labels, testing::Not(testing::Contains("span_kind")));
}

TEST_F(DiscoverFamilies, AHistogramWithoutTheServicesLabelIsOfNoUse) {
  FakeProducer calls = live();
  calls.histogram.clear();
  calls.write_to(store_);
  FakeProducer durations = live();
  durations.calls.clear();
  durations.service = "app";
  durations.write_to(store_);
  const Family family = chosen();
  EXPECT_EQ(family.names.bucket, "");
  EXPECT_THAT(family.histogram_unusable_because, HasSubstr("labels"));
}

TEST_F(DiscoverFamilies, NoErrorSeenYetLeavesTheCandidates) {
  FakeProducer producer = live();
  producer.with_errors = false;
  producer.write_to(store_);
  const Family family = chosen();
  EXPECT_FALSE(family.error_value_seen);
  EXPECT_THAT(family.names.error_values, ElementsAre("STATUS_CODE_ERROR", "ERROR", "Error", "error"));
  EXPECT_THAT(family.status_values, ElementsAre("STATUS_CODE_UNSET"));
}

TEST_F(DiscoverFamilies, TheOtelPrefixAloneNeedsNoMembership) {
  otel_status(live()).write_to(store_);
  const Family family = chosen();
  EXPECT_EQ(family.names.status_label, "otel_status_code");
  EXPECT_THAT(family.names.error_values, ElementsAre("ERROR"));
  EXPECT_THAT(family.names.membership, IsEmpty());  // unset series have no status at all
}

TEST_F(DiscoverFamilies, TwoStatusLabelsAreTwoFamiliesAndNeverASum) {
  live().write_to(store_);
  FakeProducer other = otel_status(live());
  other.more = {{"instance", "b"}};
  other.write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_EQ(schema.families.size(), 2U);
  EXPECT_EQ(schema.family()->names.status_label, "status_code");
  EXPECT_THAT(schema.family()->names.membership, ElementsAre(LabelPresence{"status_code", true}));
  // Series without a status belong to the second one: it is told by what it lacks.
  EXPECT_EQ(schema.families[1].names.status_label, "otel_status_code");
  EXPECT_THAT(schema.families[1].names.membership, ElementsAre(LabelPresence{"status_code", false}));
}

TEST_F(DiscoverFamilies, SeriesWithoutAStatusBesideOnesThatAlwaysHaveOneAreAnotherFamily) {
  live().write_to(store_);
  FakeProducer calm = otel_status(live());
  calm.with_errors = false;
  calm.more = {{"instance", "b"}};
  calm.write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_EQ(schema.families.size(), 2U);
  EXPECT_EQ(schema.family()->names.status_label, "status_code");
  EXPECT_THAT(schema.family()->names.membership, ElementsAre(LabelPresence{"status_code", true}));
  EXPECT_EQ(schema.families[1].names.status_label, "otel_status_code");
  EXPECT_THAT(schema.families[1].names.membership, ElementsAre(LabelPresence{"status_code", false}));
  EXPECT_FALSE(schema.families[1].error_value_seen);
}

TEST_F(DiscoverFamilies, TheOtelPrefixAnswersFromItsFirstSampleOnThoughNothingFailedYet) {
  until(kNow - 20 * kMinute).write_to(store_);
  FakeProducer calm = otel_status(live(18 * kMinute));
  calm.with_errors = false;
  calm.write_to(store_);
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.family()->names.status_label, "otel_status_code");
  ASSERT_TRUE(schema.before);
  EXPECT_EQ(schema.families[*schema.before].names.status_label, "status_code");
  EXPECT_EQ(schema.chosen_since_ms, kNow - 18 * kMinute);
}

TEST_F(DiscoverFamilies, AStatusThatOnlyErrorsHaveMakesOneFamily) {
  FakeProducer producer = live();
  producer.unset = "";
  producer.write_to(store_);
  const Family family = chosen();
  EXPECT_EQ(family.names.status_label, "status_code");
  EXPECT_THAT(family.names.membership, IsEmpty());
}

TEST_F(DiscoverFamilies, OverflowSeriesAreNoFamilyOfTheirOwn) {
  live().write_to(store_);
  FakeSeries overflow;
  overflow.labels = {{"__name__", "traces_span_metrics_calls_total"}, {"otel_metric_overflow", "true"}};
  overflow.from_ms = kNow - kHour;
  overflow.until_ms = kNow;
  store_.add(overflow);
  EXPECT_EQ(discovered().families.size(), 1U);
}

TEST_F(DiscoverFamilies, OfTwoStatusLabelsTheNewerOneAnswersAfterItsFirstSample) {
  until(kNow - 20 * kMinute).write_to(store_);
  FakeProducer newer = otel_status(live(18 * kMinute));
  newer.write_to(store_);
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.family()->names.status_label, "otel_status_code");
  ASSERT_TRUE(schema.before);
  EXPECT_EQ(schema.families[*schema.before].names.status_label, "status_code");
  EXPECT_EQ(schema.chosen_since_ms, kNow - 18 * kMinute);
}

TEST_F(DiscoverFamilies, TwoStatusLabelsSideBySideDoNotTakeTurns) {
  live().write_to(store_);
  FakeProducer other = otel_status(live());
  other.more = {{"instance", "b"}};
  other.write_to(store_);
  EXPECT_FALSE(discovered().before);  // both are older than the window
}

TEST_F(DiscoverFamilies, SeriesWithBothStatusLabelsAreOneFamily) {
  FakeProducer producer = live();
  producer.more = {{"otel_status_code", "OK"}};
  producer.write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_EQ(schema.families.size(), 1U);
  EXPECT_EQ(schema.family()->names.status_label, "status_code");
  EXPECT_THAT(schema.family()->names.membership, IsEmpty());
}

TEST_F(DiscoverFamilies, NativeHistogramsAlone) {
  FakeProducer producer = live();
  producer.classic = false;
  producer.native = true;
  producer.write_to(store_);
  const Family family = chosen();
  EXPECT_TRUE(family.histogram.native);
  EXPECT_FALSE(family.histogram.classic);
  EXPECT_EQ(family.names.bucket, "");
  EXPECT_EQ(family.names.native_histogram, "traces_span_metrics_duration_milliseconds");
}

TEST_F(DiscoverFamilies, NativeHistogramsWithoutCallsCountThemselves) {
  FakeProducer producer = tempo(live());
  producer.calls.clear();
  producer.classic = false;
  producer.native = true;
  producer.write_to(store_);
  const Family family = chosen();
  EXPECT_EQ(family.names.calls, "");
  EXPECT_EQ(family.names.native_histogram, "traces_spanmetrics_latency");
  EXPECT_EQ(family.names.to_milliseconds, 1000);
  EXPECT_EQ(family.unit_source, UnitSource::producer);
  EXPECT_TRUE(family.error_value_seen);
}

TEST_F(DiscoverFamilies, BothFormsTogether) {
  FakeProducer producer = live();
  producer.native = true;
  producer.write_to(store_);
  const Family family = chosen();
  EXPECT_TRUE(family.histogram.native && family.histogram.classic);
  EXPECT_EQ(family.names.bucket, "traces_span_metrics_duration_milliseconds_bucket");
  EXPECT_EQ(family.names.native_histogram, "traces_span_metrics_duration_milliseconds");
}

TEST_F(DiscoverFamilies, AStoreThatDoesNotKnowNativeHistogramsHasNone) {
  FakeProducer producer = live();
  producer.native = true;
  producer.write_to(store_);
  store_.knows_histogram_count = false;
  const Family family = chosen();
  EXPECT_FALSE(family.histogram.native);
  EXPECT_TRUE(family.histogram.classic);
}

TEST_F(DiscoverFamilies, NothingButInfIsAFinding) {
  FakeProducer producer = live();
  producer.le = {"+Inf"};
  producer.write_to(store_);
  const Family family = chosen();
  EXPECT_TRUE(family.histogram.only_inf);
  EXPECT_FALSE(family.histogram.classic);
  EXPECT_EQ(family.names.calls, "traces_span_metrics_calls_total");
  EXPECT_THAT(family.histogram_unusable_because, HasSubstr("+Inf"));
}

TEST_F(DiscoverFamilies, HistogramsThatCanBeReadComeFirst) {
  FakeProducer exponential = live();
  exponential.le = {"+Inf"};
  exponential.write_to(store_);
  FakeProducer seconds = live();
  seconds.histogram = "traces_span_metrics_duration_seconds";
  seconds.write_to(store_);
  EXPECT_EQ(chosen().histogram_base, "traces_span_metrics_duration_seconds");
}

TEST_F(DiscoverFamilies, VmrangeBucketsAreToldApart) {
  store_.kind = FakeStore::Kind::victoria;
  FakeProducer producer = live();
  producer.bound_label = "vmrange";
  producer.le = {"1.0e0...1.136e0"};
  producer.write_to(store_);
  const Family family = chosen();
  EXPECT_TRUE(family.histogram.vmrange);
  EXPECT_FALSE(family.histogram.classic);
  EXPECT_EQ(family.names.bucket, "traces_span_metrics_duration_milliseconds_bucket");
}

FakeProducer dotted(FakeProducer producer) {
  producer.calls = "traces.span.metrics.calls";
  producer.histogram = "traces.span.metrics.duration";
  producer.service = "service.name";
  producer.operation = "span.name";
  producer.kind = "span.kind";
  producer.status = "status.code";
  return producer;
}

TEST_F(DiscoverFamilies, DottedNamesInPrometheus3) {
  store_.kind = FakeStore::Kind::prometheus3;
  dotted(live()).write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_NE(schema.family(), nullptr) << schema.reason;
  EXPECT_EQ(schema.dialect, promql::Dialect::prometheus);
  EXPECT_EQ(schema.family()->names.service_label, "service.name");
  EXPECT_EQ(schema.family()->names.bucket, "traces.span.metrics.duration_bucket");
  EXPECT_TRUE(schema.family()->error_value_seen);
  EXPECT_EQ(schema.family()->unit_source, UnitSource::bounds);
}

TEST_F(DiscoverFamilies, DottedNamesInVictoriaMetrics) {
  store_.kind = FakeStore::Kind::victoria;
  store_.knows_histogram_count = false;
  dotted(live()).write_to(store_);
  FakeProducer older = dotted(until(kNow - 30 * kMinute));
  older.operation = "operation";
  older.write_to(store_);
  const StoreSchema schema = discovered();
  ASSERT_NE(schema.family(), nullptr) << schema.reason;
  EXPECT_EQ(schema.dialect, promql::Dialect::victoria_metrics);
  EXPECT_THAT(schema.family()->names.membership, ElementsAre(LabelPresence{"span.name", true}));
}

TEST_F(DiscoverFamilies, TheDialectIsTriedOnce) {
  store_.kind = FakeStore::Kind::victoria;
  dotted(live()).write_to(store_);
  FakeProducer more = dotted(live());
  more.calls = "other.span.metrics.calls";
  more.histogram = "other.span.metrics.duration";
  more.write_to(store_);
  discovered();
  std::size_t trials = 0;
  for (const FakeRequest& request : store_.requests()) {
    if (request.what == "query" && request.texts.front().starts_with("topk(")) ++trials;
  }
  EXPECT_EQ(trials, 2U);  // one for each spelling
}

TEST_F(DiscoverFamilies, DottedNamesThatTheStoreCannotWriteAreReported) {
  dotted(live()).write_to(store_);
  const StoreSchema schema = discovered();
  EXPECT_EQ(schema.family(), nullptr);
  EXPECT_THAT(schema.families.front().rejected_because, HasSubstr("Prometheus 3"));
}

TEST_F(DiscoverFamilies, OverflowSeriesAreNoticed) {
  live().write_to(store_);
  FakeSeries overflow;
  overflow.labels = {{"__name__", "traces_span_metrics_calls_total"}, {"otel_metric_overflow", "true"}};
  overflow.from_ms = kNow - kHour;
  overflow.until_ms = kNow;
  store_.add(overflow);
  EXPECT_EQ(chosen().overflow_label, "otel_metric_overflow");
}

TEST_F(DiscoverFamilies, AnAssumedUnitIsMarked) {
  FakeProducer producer = live();
  producer.calls = "calls";
  producer.histogram = "duration";
  producer.le = {"0.1", "100", "+Inf"};
  producer.write_to(store_);
  EXPECT_EQ(chosen().unit_source, UnitSource::assumed);
  EXPECT_EQ(chosen().names.to_milliseconds, 1);
  EXPECT_EQ(chosen().smallest_bound, 0.1);
  options_.naming.duration_unit = DurationUnit::seconds;
  EXPECT_EQ(chosen().unit_source, UnitSource::setting);
  EXPECT_EQ(chosen().names.to_milliseconds, 1000);
}

}  // namespace
}  // namespace spm::schema
