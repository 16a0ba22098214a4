#include <gtest/gtest.h>

#include <spm/base/go_duration.hpp>

namespace spm::base {
namespace {

using std::chrono::nanoseconds;

TEST(GoDuration, ReadsWhatGoReads) {
  EXPECT_EQ(parse_go_duration("30s"), nanoseconds{30'000'000'000});
  EXPECT_EQ(parse_go_duration("1m30s"), nanoseconds{90'000'000'000});
  EXPECT_EQ(parse_go_duration("1.5h"), nanoseconds{5'400'000'000'000});
  EXPECT_EQ(parse_go_duration("500ms"), nanoseconds{500'000'000});
  EXPECT_EQ(parse_go_duration("7us"), nanoseconds{7'000});
  EXPECT_EQ(parse_go_duration("7\u00b5s"), nanoseconds{7'000});
  EXPECT_EQ(parse_go_duration("7\u03bcs"), nanoseconds{7'000});
  EXPECT_EQ(parse_go_duration("9ns"), nanoseconds{9});
  EXPECT_EQ(parse_go_duration("0"), nanoseconds{0});
  EXPECT_EQ(parse_go_duration("-2s"), nanoseconds{-2'000'000'000});
  EXPECT_EQ(parse_go_duration("+2s"), nanoseconds{2'000'000'000});
  EXPECT_EQ(parse_go_duration(".5s"), nanoseconds{500'000'000});
}

TEST(GoDuration, RefusesTheRestAndSaysWhatToWrite) {
  for (const char* text : {"", "30", "s", "1 s", "1d", "30 s", "1e3s", "1m30", "--1s", "293y", "99999999999h", "."}) {
    const auto parsed = parse_go_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message.find("write for example"), std::string::npos) << parsed.error().message;
  }
}

TEST(GoDuration, PrintsWhatItReads) {
  for (const char* text : {"0s", "30s", "1m30s", "1h", "500ms", "1h1m1s1ms1us1ns", "-2s"}) {
    EXPECT_EQ(format_go_duration(parse_go_duration(text).value()), text);
  }
}

}  // namespace
}  // namespace spm::base
