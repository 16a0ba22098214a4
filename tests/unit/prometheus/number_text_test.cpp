#include "number_text.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace spm::prometheus {
namespace {

TEST(SecondsAsMs, AreExactForThreeDecimals) {
  EXPECT_EQ(parse_seconds_as_ms("0"), 0);
  EXPECT_EQ(parse_seconds_as_ms("1700000000"), 1'700'000'000'000);
  EXPECT_EQ(parse_seconds_as_ms("1700000000.1"), 1'700'000'000'100);
  EXPECT_EQ(parse_seconds_as_ms("1700000000.001"), 1'700'000'000'001);
  EXPECT_EQ(parse_seconds_as_ms("1700000000.999"), 1'700'000'000'999);
  EXPECT_EQ(parse_seconds_as_ms("-2"), -2'000);
  EXPECT_EQ(parse_seconds_as_ms("-1.5"), -1'500);
}

TEST(SecondsAsMs, AreRoundedBeyondThem) {
  EXPECT_EQ(parse_seconds_as_ms("1.0004"), 1'000);
  EXPECT_EQ(parse_seconds_as_ms("1.0005"), 1'001);
  EXPECT_EQ(parse_seconds_as_ms("1.99999999"), 2'000);
}

TEST(SecondsAsMs, KnowExponents) {
  EXPECT_EQ(parse_seconds_as_ms("1.7e9"), 1'700'000'000'000);
  EXPECT_EQ(parse_seconds_as_ms("1.435781451781e+09"), 1'435'781'451'781);
}

TEST(SecondsAsMs, RefuseWhatIsNoTime) {
  for (const char* text : {"", "-", ".5", "1.", "abc", "1x", "1.5x", "\"1\"", "1e300", "nan", "inf", "[1"}) {
    EXPECT_FALSE(parse_seconds_as_ms(text)) << text;
  }
}

TEST(SampleValue, KnowsAllFormsOfPrometheus) {
  EXPECT_EQ(parse_sample_value("0"), 0.0);
  EXPECT_EQ(parse_sample_value("0.1"), 0.1);
  EXPECT_EQ(parse_sample_value("1e-07"), 1e-7);
  EXPECT_EQ(parse_sample_value("1e+06"), 1e6);
  EXPECT_EQ(parse_sample_value("-3.5"), -3.5);
  EXPECT_EQ(parse_sample_value("0.30000000000000004"), 0.1 + 0.2);
  EXPECT_TRUE(std::isnan(parse_sample_value("NaN").value()));
  EXPECT_EQ(parse_sample_value("+Inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_sample_value("-Inf"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::signbit(parse_sample_value("-0").value()));
}

TEST(SampleValue, RoundsWhatNoDoubleHolds) {
  EXPECT_EQ(parse_sample_value("1e400"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_sample_value("-1e400"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_sample_value("1e-400"), 0.0);
}

TEST(SampleValue, RefusesTheRest) {
  for (const char* text : {"", " ", "abc", "1x", "nan", "inf", "infinity", "0x10", "1,5", "1 ", "--1", "++1", "null"}) {
    EXPECT_FALSE(parse_sample_value(text)) << text;
  }
}

}  // namespace
}  // namespace spm::prometheus
