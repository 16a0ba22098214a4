#include <gtest/gtest.h>

#include "fakes.hpp"

namespace spm::diagnosis {
namespace {

bool says(const std::string& text, std::string_view words) { return text.find(words) != std::string::npos; }

Report examined(const schema::Family& family) {
  Clinic clinic(family);
  clinic.store.refuse("histogram_count(vector", base::ErrorKind::query_rejected, "unknown function");
  return clinic.examine();
}

TEST(FamilyFindings, NoKind) {
  schema::Family family = connector();
  family.names.kind_label.clear();
  const Report report = examined(family);
  EXPECT_EQ(ids(report), "no_kind_label");
  EXPECT_EQ(report.findings[0].severity, Severity::hint);
  ASSERT_TRUE(report.jaeger);
  EXPECT_FALSE(report.jaeger->why_not.empty());
}

TEST(FamilyFindings, NoStatus) {
  schema::Family family = connector();
  family.names.status_label.clear();
  family.error_value_seen = false;
  const Report report = examined(family);
  EXPECT_EQ(ids(report), "no_status_label");
  EXPECT_EQ(report.findings[0].severity, Severity::problem);
}

TEST(FamilyFindings, NoErrorSeenYet) {
  schema::Family family = connector();
  family.error_value_seen = false;
  family.names.error_values = {"STATUS_CODE_ERROR", "ERROR"};
  family.status_values = {"STATUS_CODE_UNSET"};
  const Report report = examined(family);
  ASSERT_EQ(ids(report), "no_error_seen");
  EXPECT_EQ(report.findings[0].severity, Severity::hint);
  EXPECT_TRUE(says(report.findings[0].why, "STATUS_CODE_ERROR and ERROR"));
  EXPECT_TRUE(says(report.findings[0].why, "Seen are: STATUS_CODE_UNSET."));
}

schema::Family without_classic() {
  schema::Family family = connector();
  family.names.bucket.clear();
  family.histogram = {};
  return family;
}

TEST(FamilyFindings, NativeOnly) {
  schema::Family family = without_classic();
  family.histogram.native = true;
  family.names.native_histogram = family.histogram_base;
  const Report report = examined(family);
  ASSERT_EQ(ids(report), "native_only");
  EXPECT_EQ(report.findings[0].severity, Severity::hint);
  EXPECT_TRUE(says(report.findings[0].why, "traces_span_metrics_duration_milliseconds_bucket"));
}

TEST(FamilyFindings, OnlyInfInAStoreWithNativeHistograms) {
  schema::Family family = without_classic();
  family.histogram.only_inf = true;
  const Report report = Clinic(family).examine();
  ASSERT_EQ(ids(report), "only_inf_buckets");
  EXPECT_EQ(report.findings[0].severity, Severity::problem);
  EXPECT_TRUE(says(report.findings[0].what_to_do, "--enable-feature=native-histograms"));
}

TEST(FamilyFindings, OnlyInfInAStoreWithoutNativeHistograms) {
  schema::Family family = without_classic();
  family.histogram.only_inf = true;
  const Report report = examined(family);
  ASSERT_EQ(ids(report), "only_inf_buckets");
  EXPECT_TRUE(says(report.findings[0].what_to_do, "knows no native histograms"));
}

TEST(FamilyFindings, VmrangeBuckets) {
  schema::Family family = without_classic();
  family.histogram.vmrange = true;
  EXPECT_EQ(ids(examined(family)), "vmrange_buckets");
}

TEST(FamilyFindings, NoHistogramAtAll) {
  schema::Family family = without_classic();
  family.histogram_base.clear();
  const Report report = examined(family);
  ASSERT_EQ(ids(report), "no_histogram");
  EXPECT_TRUE(says(report.findings[0].what, "traces_span_metrics_calls_total"));
  EXPECT_TRUE(report.families[0].unit.empty());
}

TEST(FamilyFindings, AHistogramThatCannotBeReadSaysWhy) {
  schema::Family family = without_classic();
  family.histogram_unusable_because = "it has no service label";
  const Report report = examined(family);
  ASSERT_EQ(ids(report), "no_histogram");
  EXPECT_TRUE(says(report.findings[0].what, "It has no service label."));
}

TEST(FamilyFindings, AnAssumedUnit) {
  schema::Family family = connector();
  family.unit_source = schema::UnitSource::assumed;
  const Report report = examined(family);
  ASSERT_EQ(ids(report), "unit_assumed");
  EXPECT_TRUE(says(report.findings[0].what_to_do, "PROMETHEUS_QUERY_DURATION_UNIT"));
}

TEST(FamilyFindings, JaegersSettingsForSeconds) {
  schema::Family family = connector();
  family.names.bucket = "traces_span_metrics_duration_seconds_bucket";
  family.histogram_base = "traces_span_metrics_duration_seconds";
  family.names.to_milliseconds = 1000;
  const Report report = examined(family);
  EXPECT_EQ(ids(report), "");
  ASSERT_TRUE(report.jaeger);
  EXPECT_EQ(report.jaeger->v1,
            (std::vector<std::string>{"PROMETHEUS_QUERY_NAMESPACE=traces_span_metrics",
                                      "PROMETHEUS_QUERY_NORMALIZE_CALLS=true",
                                      "PROMETHEUS_QUERY_NORMALIZE_DURATION=true", "PROMETHEUS_QUERY_DURATION_UNIT=s"}));
  EXPECT_EQ(
      report.jaeger->v2,
      "metric_namespace: traces_span_metrics\nnormalize_calls: true\nnormalize_duration: true\nlatency_unit: s\n");
  EXPECT_TRUE(says(report.jaeger->remark, "seconds"));
  EXPECT_EQ(report.families[0].unit, "seconds");
}

TEST(FamilyFindings, NoPrefixIsAFlagToJaeger) {
  schema::Family family = connector();
  family.names.calls = "calls_total";
  family.names.bucket = "duration_milliseconds_bucket";
  const Report report = examined(family);
  ASSERT_TRUE(report.jaeger);
  EXPECT_EQ(report.jaeger->v1.at(0), "--prometheus.query.namespace=") << "an empty variable is none to Jaeger";
}

TEST(FamilyFindings, TheOldProcessorsNamesWereReadByOldJaegers) {
  schema::Family family = connector();
  family.names.calls = "calls_total";
  family.names.bucket = "latency_bucket";
  family.histogram_base = "latency";
  family.names.operation_label = "operation";
  const Report report = examined(family);
  ASSERT_TRUE(report.jaeger);
  EXPECT_FALSE(report.jaeger->why_not.empty());
  EXPECT_TRUE(says(report.jaeger->remark, "1.23 to 1.46"));
}

TEST(FamilyFindings, TempoIsOutOfJaegersReach) {
  schema::Family family = connector();
  family.names.service_label = "service";
  const Report report = examined(family);
  ASSERT_TRUE(report.jaeger);
  EXPECT_TRUE(says(report.jaeger->why_not, "service_name"));
  EXPECT_TRUE(report.jaeger->v1.empty());
}

}  // namespace
}  // namespace spm::diagnosis
