#include "go_numbers.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace spm::http {
namespace {

TEST(ParseGoInt, TakesASignAndDigits) {
  EXPECT_EQ(parse_go_int("0").value(), 0);
  EXPECT_EQ(parse_go_int("-0").value(), 0);
  EXPECT_EQ(parse_go_int("+12").value(), 12);
  EXPECT_EQ(parse_go_int("-12").value(), -12);
  EXPECT_EQ(parse_go_int("007").value(), 7);
  EXPECT_EQ(parse_go_int("9223372036854775807").value(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_go_int("-9223372036854775808").value(), std::numeric_limits<std::int64_t>::min());
}

TEST(ParseGoInt, RefusesEverythingElse) {
  for (const char* text : {"", "+", "-", "+-1", "--1", "++1", "1.5", "1e3", "1h", "x", " 1", "1 ", "1_000", "0x10",
                           "9223372036854775808", "99999999999999999999"}) {
    EXPECT_FALSE(parse_go_int(text)) << text;
  }
}

TEST(ParseGoFloat, TakesGosForms) {
  EXPECT_EQ(parse_go_float("0.95").value(), 0.95);
  EXPECT_EQ(parse_go_float("+0.5").value(), 0.5);
  EXPECT_EQ(parse_go_float("-1").value(), -1.0);
  EXPECT_EQ(parse_go_float(".5").value(), 0.5);
  EXPECT_EQ(parse_go_float("1.").value(), 1.0);
  EXPECT_EQ(parse_go_float("5e-1").value(), 0.5);
  EXPECT_EQ(parse_go_float("5E-01").value(), 0.5);
  EXPECT_EQ(parse_go_float("0x1p-2").value(), 0.25);
  EXPECT_EQ(parse_go_float("0X.8p0").value(), 0.5);
  EXPECT_TRUE(std::isnan(parse_go_float("NaN").value()));
  EXPECT_EQ(parse_go_float("Inf").value(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(parse_go_float("-infinity").value(), -std::numeric_limits<double>::infinity());
}

TEST(ParseGoFloat, RefusesEverythingElse) {
  for (const char* text :
       {"",   ".",    "+",      "-",     "--1", "+-1", "-+1",  "0.5,0.9", "x",   " 1",    "1 ",  "1e",
        "e1", "+nan", "nan(1)", "infin", "0x",  "0x1", "0xp1", "0x-1p1",  "0_5", "1e400", "0.5f"}) {
    EXPECT_FALSE(parse_go_float(text)) << text;
  }
}

TEST(ParseGoBool, TakesGosWords) {
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) EXPECT_EQ(parse_go_bool(text).value(), true) << text;
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"}) {
    EXPECT_EQ(parse_go_bool(text).value(), false) << text;
  }
  for (const char* text : {"", "yes", "tRue", "2", " true", "on"}) EXPECT_FALSE(parse_go_bool(text)) << text;
}

}  // namespace
}  // namespace spm::http
