#include "metric_name_parts.hpp"

#include <regex>

#include <gtest/gtest.h>

namespace spm::schema {
namespace {

using Texts = std::vector<std::string>;

TEST(MetricNameParts, CallsNamesHaveAPrefixAndPerhapsTotal) {
  const FoundNames found = sort_metric_names(
      Texts{"calls", "calls_total", "traces.span.metrics.calls", "a_calls_total", "recalls", "calls_x"});
  ASSERT_EQ(found.calls.size(), 4U);
  EXPECT_EQ(found.calls[0].prefix, "");
  EXPECT_FALSE(found.calls[0].total);
  EXPECT_TRUE(found.calls[1].total);
  EXPECT_EQ(found.calls[2].prefix, "traces.span.metrics.");
  EXPECT_EQ(found.calls[3].prefix, "a_");
}

TEST(MetricNameParts, HistogramsAreGatheredByBase) {
  const FoundNames found = sort_metric_names(Texts{
      "x_duration_milliseconds_bucket", "x_duration_milliseconds_count", "x_duration_milliseconds", "latency_count",
      "a.duration.bucket", "a.duration_count", "grumble_duration_sum", "y_duration_hours_bucket"});
  ASSERT_EQ(found.histograms.size(), 3U);
  EXPECT_EQ(found.histograms[0].base, "x_duration_milliseconds");
  EXPECT_EQ(found.histograms[0].prefix, "x_");
  EXPECT_EQ(found.histograms[0].word, "duration");
  EXPECT_EQ(found.histograms[0].unit, "milliseconds");
  EXPECT_EQ(found.histograms[0].bucket, "x_duration_milliseconds_bucket");
  EXPECT_EQ(found.histograms[0].count, "x_duration_milliseconds_count");
  EXPECT_TRUE(found.histograms[0].bare);
  EXPECT_EQ(found.histograms[1].base, "latency");
  EXPECT_EQ(found.histograms[1].bucket, "");
  EXPECT_EQ(found.histograms[2].bucket, "a.duration.bucket");
  EXPECT_EQ(found.histograms[2].count, "a.duration_count");
}

TEST(MetricNameParts, KeepsExactlyWhatThePatternsMatch) {
  const std::regex calls{std::string(kCallsPattern)};
  const std::regex histograms{std::string(kHistogramPattern)};
  const Texts names = {
      "calls",           "calls_total",     "a.calls",           "acalls",          "calls_total_total",
      "duration",        "duration_ms",     "latency.seconds",   "latency_minutes", "xlatency",
      "a_latency_count", "duration_bucket", "duration.bucket",   "duration.count",  "duration_seconds_bucket",
      "_calls",          ".duration_count", "duration_duration", "calls_duration",  "duration_calls"};
  for (const std::string& name : names) {
    const FoundNames found = sort_metric_names(Texts{name});
    EXPECT_EQ(found.calls.size() == 1, std::regex_match(name, calls)) << name;
    EXPECT_EQ(found.histograms.size() == 1, std::regex_match(name, histograms)) << name;
  }
}

TEST(MetricNameParts, PairsByIdenticalPrefixOnly) {
  const std::vector<Group> groups =
      pair_by_prefix(sort_metric_names(Texts{"calls_total", "duration_bucket", "latency_bucket", "a_calls",
                                             "b_duration_seconds_bucket", "a.duration_bucket"}));
  ASSERT_EQ(groups.size(), 4U);
  EXPECT_EQ(groups[0].calls.front().name, "calls_total");
  ASSERT_EQ(groups[0].histograms.size(), 2U);  // one prefix, several histograms
  EXPECT_EQ(groups[1].calls.front().name, "a_calls");
  EXPECT_TRUE(groups[1].histograms.empty());
  EXPECT_TRUE(groups[2].calls.empty());
  EXPECT_EQ(groups[2].histograms.front().base, "b_duration_seconds");
  EXPECT_EQ(groups[3].histograms.front().base, "a.duration");
}

}  // namespace
}  // namespace spm::schema
