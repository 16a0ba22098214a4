#include <gtest/gtest.h>

#include "fakes.hpp"

namespace spm::diagnosis {
namespace {

bool says(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

TEST(DataFindings, AHealthyStoreHasNone) {
  Clinic clinic;
  const Report report = clinic.examine();
  EXPECT_EQ(ids(report), "");
  EXPECT_TRUE(report.healthy());
  EXPECT_TRUE(report.not_asked.empty());
  ASSERT_EQ(report.services.size(), 1U);
  EXPECT_EQ(report.services[0].name, "frontend");
  EXPECT_EQ(report.services[0].newest_age_ms, 10'000);
}

TEST(DataFindings, OldMetrics) {
  schema::Family family = connector();
  family.newest_sample_ms = kNow - 34LL * 60 * kMinute;
  Clinic clinic(family);
  clinic.store.answer("up == 0", {sample({{"job", "collector"}}, 1)});
  const Report report = clinic.examine();
  ASSERT_EQ(ids(report), "stale_metrics");
  EXPECT_TRUE(says(report.findings[0].what, "34 h old (2026-11-1"));
  EXPECT_TRUE(says(report.findings[0].why, "collector"));
  const FakeStore::Asked* services = clinic.store.find("timestamp(traces_span_metrics_calls_total{service_name");
  ASSERT_NE(services, nullptr);
  EXPECT_EQ(services->at_ms, family.newest_sample_ms) << "questions are asked where the data is";
}

TEST(DataFindings, MetricsJustYoungEnoughAreNotOld) {
  schema::Family family = connector();
  family.newest_sample_ms = kNow - 10 * kMinute;
  Clinic clinic(family);
  EXPECT_EQ(ids(clinic.examine()), "");
}

TEST(DataFindings, SamplesInTheFuture) {
  Clinic clinic;
  clinic.store.answer("max_over_time(max(timestamp(", {sample({}, (kNow + 20.0 * kMinute) / 1000)});
  const Report report = clinic.examine();
  ASSERT_EQ(ids(report), "clock_skew");
  EXPECT_TRUE(says(report.findings[0].what, "20 min in the future"));
  EXPECT_EQ(report.families[0].newest_age_ms, -20 * kMinute);
}

TEST(DataFindings, MetricsWithAllTheirSamplesInTheFuture) {
  schema::Family family = connector();
  family.newest_sample_ms.reset();
  family.rejected_because = "no samples in the time that was looked at";
  Clinic clinic(family);
  clinic.schema->chosen.reset();
  EXPECT_EQ(ids(clinic.examine()), "no_usable_family");
  clinic.store.answer("max_over_time(max(timestamp(", {sample({}, (kNow + 20.0 * kMinute) / 1000)});
  EXPECT_EQ(ids(clinic.examine()), "clock_skew");
}

TEST(DataFindings, SomeServicesAreHidden) {
  Clinic clinic;
  clinic.service("worker", "SPAN_KIND_CONSUMER", kNow);
  clinic.service("worker", "SPAN_KIND_CLIENT", kNow);
  const Report report = clinic.examine();
  ASSERT_EQ(ids(report), "hidden_services");
  EXPECT_EQ(report.findings[0].severity, Severity::hint);
  EXPECT_EQ(report.findings[0].what, "1 of 2 services has no server spans: worker.") << "as people say it";
  EXPECT_TRUE(says(report.findings[0].why, "worker has client and consumer"));
}

TEST(DataFindings, AllServicesAreHidden) {
  Clinic clinic;
  clinic.no_services();
  clinic.service("worker", "SPAN_KIND_CLIENT", kNow);
  const Report report = clinic.examine();
  ASSERT_EQ(ids(report), "hidden_services");
  EXPECT_EQ(report.findings[0].severity, Severity::problem);
}

TEST(DataFindings, FlushesThatAreFarApart) {
  Clinic clinic;
  clinic.store.change_every_ms = 60'000;
  const Report report = clinic.examine();
  ASSERT_EQ(ids(report), "long_flush_interval");
  EXPECT_EQ(report.findings[0].severity, Severity::hint);
  EXPECT_TRUE(says(report.findings[0].what, "change only every 60 s"));
  EXPECT_TRUE(says(report.findings[0].why, "under 2 min come back empty"));
  EXPECT_TRUE(says(report.findings[0].what_to_do, "windows of 4 min"));
  EXPECT_EQ(report.rhythm.sample_interval_ms, 15'000);
}

TEST(DataFindings, SamplesTooFarApartForJaegersOwnWindow) {
  Clinic clinic;
  clinic.store.sample_every_ms = 6 * kMinute;
  clinic.store.change_every_ms = 6 * kMinute;
  const Report report = clinic.examine();
  ASSERT_EQ(ids(report), "long_flush_interval");
  EXPECT_EQ(report.findings[0].severity, Severity::problem);
}

TEST(DataFindings, OverflowAndItsShare) {
  schema::Family family = connector();
  family.overflow_label = "otel_metric_overflow";
  Clinic clinic(family);
  clinic.store.answer("count(traces_span_metrics_calls_total{})", {sample({}, 40)});
  clinic.store.answer("count(traces_span_metrics_calls_total{otel_metric_overflow", {sample({}, 2)});
  clinic.store.answer("sum(increase(traces_span_metrics_calls_total{}", {sample({}, 1'000)});
  clinic.store.answer("sum(increase(traces_span_metrics_calls_total{otel_metric_overflow", {sample({}, 130)});
  const Report report = clinic.examine();
  ASSERT_EQ(ids(report), "overflow_series");
  EXPECT_EQ(report.findings[0].what,
            "2 series of 40 are overflow (otel_metric_overflow=\"true\"): 13 % of all calls are counted there.");
}

TEST(DataFindings, OverflowIsNotAskedForWhereTheLabelIsUnknown) {
  Clinic clinic;
  clinic.examine();
  EXPECT_EQ(clinic.store.find("overflow"), nullptr);
}

TEST(DataFindings, CountersThatResetTooOften) {
  Clinic clinic;
  clinic.store.answer("resets(", {sample({{"service_name", "b"}}, 3), sample({{"service_name", "a"}}, 2)});
  const Report report = clinic.examine();
  ASSERT_EQ(ids(report), "counters_reset_together");
  EXPECT_EQ(report.findings[0].what, "5 counters begin anew 10 times an hour or more, of a and b.");
}

TEST(DataFindings, ServicesAreBounded) {
  Clinic clinic;
  clinic.options.max_services = 2;
  clinic.service("a", "SPAN_KIND_SERVER", kNow);
  clinic.service("b", "SPAN_KIND_SERVER", kNow);
  const Report report = clinic.examine();
  EXPECT_EQ(report.services.size(), 2U);
  EXPECT_EQ(report.services_left_out, 1U);
}

}  // namespace
}  // namespace spm::diagnosis
