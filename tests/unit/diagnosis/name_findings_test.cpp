#include <gtest/gtest.h>

#include "fakes.hpp"

namespace spm::diagnosis {
namespace {

using schema::StoreSchema;

bool says(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

class NothingThere : public testing::Test {
 protected:
  NothingThere() { clinic.schema = schema_of({}); }
  const Finding& only() {
    report = clinic.examine();
    EXPECT_EQ(ids(report), "no_span_metrics");
    return report.findings.at(0);
  }

  Clinic clinic;
  Report report;
};

TEST_F(NothingThere, SaysWhatElseTheStoreHolds) {
  EXPECT_TRUE(says(only().what, "It holds 2 other metrics."));
  EXPECT_FALSE(report.healthy());
  EXPECT_TRUE(report.services.empty());
}

TEST_F(NothingThere, AnEmptyStore) {
  clinic.store.metric_names.clear();
  EXPECT_TRUE(says(only().what, "nothing at all in the last hour"));
}

TEST_F(NothingThere, ServiceGraphsAreSomethingElse) {
  clinic.store.relatives = {"traces_service_graph_request_total"};
  EXPECT_TRUE(says(only().what_to_do, "span-metrics"));
}

TEST_F(NothingThere, ServiceGraphsThatDiscoveryFound) {
  clinic.schema->service_graph_metrics = {"traces_service_graph_request_total"};
  EXPECT_TRUE(says(only().what_to_do, "calls between services"));
}

TEST_F(NothingThere, ACollectorsOwnMetricsAreSomethingElse) {
  clinic.store.relatives = {"otelcol_receiver_accepted_spans"};
  EXPECT_TRUE(says(only().what_to_do, "otelcol_"));
}

TEST_F(NothingThere, WhereOnlyOneSchemaWasLookedFor) {
  clinic.options.schema_given = true;
  clinic.options.naming_settings = {"SCHEMA=tempo"};
  report = clinic.examine();
  ASSERT_EQ(ids(report), "settings_do_not_fit");
  EXPECT_TRUE(says(report.findings[0].what, "the schema that is set (SCHEMA=tempo). It holds 2 other metrics."));
}

TEST_F(NothingThere, TargetsThatAreDownAreNamed) {
  clinic.store.answer("up == 1", {sample({{"job", "prometheus"}}, 1)});
  clinic.store.answer("up == 0", {sample({{"job", "collector"}}, 2)});
  EXPECT_TRUE(says(only().why, "the scrape job collector are down"));
  EXPECT_TRUE(says(only().why, "with success: prometheus."));
}

TEST(NameFindings, SpanMetricsThatLackWhatItTakes) {
  Clinic clinic;
  schema::Family family = connector();
  family.rejected_because = "no label names a service";
  clinic.schema = schema_of({family});
  clinic.schema->chosen.reset();
  const Report report = clinic.examine();
  EXPECT_EQ(ids(report), "no_usable_family");
  EXPECT_TRUE(says(report.findings[0].why, "traces_span_metrics_calls_total"));
  EXPECT_TRUE(says(report.findings[0].why, "No label names a service."));
  ASSERT_EQ(report.families.size(), 1U);
  EXPECT_EQ(report.families[0].not_chosen_because, "no label names a service");
}

TEST(NameFindings, MetricsThatOnlyLookAlikeAreNotWorthAFinding) {
  Clinic clinic;
  schema::Family calls = connector();
  calls.names.calls = "rpc_calls_total";
  calls.producer.clear();
  calls.rejected_because = "no label names a service";
  schema::Family scrapes;
  scrapes.names.calls.clear();
  scrapes.histogram_base = "scrape_duration_seconds";
  scrapes.rejected_because = "no label names a service";
  clinic.schema = schema_of({calls, scrapes});
  clinic.schema->chosen.reset();
  const Report report = clinic.examine();
  EXPECT_EQ(ids(report), "no_span_metrics");
  EXPECT_TRUE(says(report.findings[0].why, "rpc_calls_total (no label names a service)"));
  EXPECT_FALSE(says(report.findings[0].why, "scrape_duration_seconds"));
  EXPECT_TRUE(report.families.empty());
  EXPECT_EQ(report.look_alikes, (std::vector<std::string>{"rpc_calls_total", "scrape_duration_seconds"}));
}

class SettingsDoNotFit : public testing::Test {
 protected:
  SettingsDoNotFit() {
    clinic.options.naming_settings = {"PROMETHEUS_QUERY_NAMESPACE=wrong"};
    schema::Family there = connector();
    there.misfit = "PROMETHEUS_QUERY_NAMESPACE asks for names that begin with wrong_";
    schema::Family spelt_out = connector();
    spelt_out.names.calls = "wrong_calls";
    spelt_out.newest_sample_ms.reset();
    clinic.schema = schema_of({there, spelt_out});
    clinic.schema->chosen = 1;
    clinic.schema->origin = StoreSchema::Origin::fallback;
    clinic.schema->settings_that_fit = {"PROMETHEUS_QUERY_NAMESPACE=traces_span_metrics"};
  }
  Clinic clinic;
};

TEST_F(SettingsDoNotFit, NamesTheSettingsThatWould) {
  const Report report = clinic.examine();
  EXPECT_EQ(ids(report), "settings_do_not_fit");
  const Finding& finding = report.findings[0];
  EXPECT_TRUE(says(finding.what, "PROMETHEUS_QUERY_NAMESPACE=wrong"));
  EXPECT_TRUE(says(finding.why, "begin with wrong_"));
  EXPECT_TRUE(says(finding.what_to_do, "PROMETHEUS_QUERY_NAMESPACE=traces_span_metrics"));
  EXPECT_EQ(report.settings_needed, clinic.schema->settings_that_fit);
}

TEST_F(SettingsDoNotFit, WhatIsSpeltOutIsNotTakenForFound) {
  const Report report = clinic.examine();
  ASSERT_EQ(report.families.size(), 1U);
  EXPECT_FALSE(report.families[0].chosen);
  EXPECT_EQ(report.families[0].calls, "traces_span_metrics_calls_total");
  ASSERT_TRUE(report.jaeger);
  EXPECT_EQ(report.jaeger->v1.at(0), "PROMETHEUS_QUERY_NAMESPACE=traces_span_metrics");
}

TEST(NameFindings, OfSeveralFamiliesTheChoiceIsExplained) {
  Clinic clinic;
  schema::Family other = connector();
  other.names.calls = "calls_total";
  clinic.schema = schema_of({connector(), other});
  clinic.schema->also_live = {1};
  clinic.schema->reason = "the connector's, because it has span kinds";
  const Report report = clinic.examine();
  EXPECT_EQ(ids(report), "several_families");
  EXPECT_EQ(report.findings[0].severity, Severity::hint);
  EXPECT_TRUE(says(report.findings[0].what, "2 families"));
  EXPECT_TRUE(says(report.findings[0].what, "left aside: calls_total"));
  EXPECT_TRUE(says(report.findings[0].why, "because it has span kinds."));
}

TEST(NameFindings, AFamilyThatHasEndedIsNoRival) {
  Clinic clinic;
  clinic.schema = schema_of({connector(), connector()});
  EXPECT_EQ(ids(clinic.examine()), "");
}

}  // namespace
}  // namespace spm::diagnosis
