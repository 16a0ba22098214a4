#include "latency_unit.hpp"

#include <gtest/gtest.h>

namespace spm::schema {
namespace {

using Bounds = std::vector<double>;
using Texts = std::vector<std::string>;

LatencyUnit unit_of(std::string_view base, const Bounds& bounds, std::string_view operation = "span_name",
                    std::optional<DurationUnit> setting = std::nullopt) {
  return infer_unit(parse_histogram_base(base), operation, bounds, setting);
}

TEST(LatencyUnit, FiniteBoundsAreReadAndSorted) {
  EXPECT_EQ(finite_bounds(Texts{"+Inf", "10", "2", "0.5", "1e+06", "-Inf", "NaN", "x", "", "+4"}),
            (Bounds{0.5, 2, 4, 10, 1e6}));
}

TEST(LatencyUnit, TheNameDecidesFirst) {
  EXPECT_EQ(unit_of("a_duration_seconds", {2, 5000}).to_milliseconds, 1000);
  EXPECT_EQ(unit_of("a_duration_seconds", {2, 5000}).source, UnitSource::name);
  EXPECT_EQ(unit_of("a_duration_milliseconds", {0.001, 1}).to_milliseconds, 1);
  EXPECT_EQ(unit_of("a.duration.ms", {0.001, 1}).to_milliseconds, 1);
  EXPECT_EQ(unit_of("spanmetrics_latency_seconds", {}, "operation").to_milliseconds, 1000);
}

TEST(LatencyUnit, ThenTheProducer) {
  EXPECT_EQ(unit_of("traces_spanmetrics_latency", {2, 5000}).to_milliseconds, 1000);
  EXPECT_EQ(unit_of("traces_spanmetrics_latency", {2, 5000}).source, UnitSource::producer);
  EXPECT_EQ(unit_of("traces_spanmetrics_latency", {0.002, 5}, "operation").to_milliseconds, 1);
  EXPECT_EQ(unit_of("signoz_latency", {0.002, 5}, "operation").to_milliseconds, 1);
  EXPECT_EQ(unit_of("traces_spanmetrics_latency", {}).to_milliseconds, 1000);  // native histograms too
}

TEST(LatencyUnit, ThenTheBounds) {
  EXPECT_EQ(unit_of("duration", {1e5, 1e9}).to_milliseconds, 1e-6);
  EXPECT_EQ(unit_of("duration", {2000, 4000, 6000, 8000, 10000, 50000, 1.5e7}).to_milliseconds, 1e-3);
  EXPECT_EQ(unit_of("duration", {0.002, 15}).to_milliseconds, 1000);
  EXPECT_EQ(unit_of("duration", {0.049, 60}).to_milliseconds, 1000);
  EXPECT_EQ(unit_of("duration", {2, 15000}).to_milliseconds, 1);
  EXPECT_EQ(unit_of("duration", {1, 1000}).to_milliseconds, 1);
  EXPECT_EQ(unit_of("duration", {2, 15000}).source, UnitSource::bounds);
}

TEST(LatencyUnit, BoundsAreComparedAsContains) {
  // Microseconds need the collector's first bounds among theirs; more may be there.
  EXPECT_EQ(unit_of("duration", {1500, 2000, 4000, 5000, 6000, 8000, 10000, 1e6}).to_milliseconds, 1e-3);
  EXPECT_EQ(unit_of("duration", {2000, 4000, 6000, 8000, 1e6}).to_milliseconds, 1);
}

TEST(LatencyUnit, AtTheEdgesNothingIsCertain) {
  EXPECT_EQ(unit_of("duration", {0.05, 60}).source, UnitSource::assumed);
  EXPECT_EQ(unit_of("duration", {0.01, 61}).source, UnitSource::assumed);
  EXPECT_EQ(unit_of("duration", {1, 999}).source, UnitSource::assumed);
  EXPECT_EQ(unit_of("duration", {99999, 9e8}).source, UnitSource::bounds);  // milliseconds, not nanoseconds
  EXPECT_EQ(unit_of("duration", {99999, 9e8}).to_milliseconds, 1);
}

TEST(LatencyUnit, ASettingCountsOnlyWhereNothingElseTells) {
  EXPECT_EQ(unit_of("duration", {0.1, 100}, "span_name", DurationUnit::seconds).to_milliseconds, 1000);
  EXPECT_EQ(unit_of("duration", {0.1, 100}, "span_name", DurationUnit::seconds).source, UnitSource::setting);
  EXPECT_EQ(unit_of("duration", {2, 15000}, "span_name", DurationUnit::seconds).to_milliseconds, 1);
}

TEST(LatencyUnit, OtherwiseMillisecondsAreAssumed) {
  EXPECT_EQ(unit_of("duration", {}).to_milliseconds, 1);
  EXPECT_EQ(unit_of("duration", {}).source, UnitSource::assumed);
}

}  // namespace
}  // namespace spm::schema
