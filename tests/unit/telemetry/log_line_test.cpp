#include "log_line.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <spm/base/utf8.hpp>

namespace spm::telemetry {
namespace {

using base::Severity;

std::string line(LogFormat format, std::string_view message, const std::vector<Field>& fields) {
  return format_line(format, 1'795'243'620'007, Severity::info, message, fields);
}

TEST(FormatTime, IsIso8601InUtcWithMilliseconds) {
  EXPECT_EQ(format_time(1'795'243'620'007), "2026-11-21T06:47:00.007Z");
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999Z");
}

TEST(LogLine, LogfmtQuotesWhatNeedsIt) {
  EXPECT_EQ(line(LogFormat::logfmt, "ready", {}), "ts=2026-11-21T06:47:00.007Z level=info msg=ready");
  const std::string got = line(LogFormat::logfmt, "two words",
                               {{"plain", "a.b/c"}, {"empty", ""}, {"equals", "a=b"}, {"quote", "a\"b\\c"}});
  EXPECT_EQ(got,
            "ts=2026-11-21T06:47:00.007Z level=info msg=\"two words\" plain=a.b/c empty=\"\" equals=\"a=b\" "
            "quote=\"a\\\"b\\\\c\"");
}

TEST(LogLine, WritesEveryTypeOfValue) {
  const std::vector<Field> fields = {{"i", std::int64_t{-7}},
                                     {"u", std::uint64_t{18'446'744'073'709'551'615U}},
                                     {"d", 0.25},
                                     {"t", true},
                                     {"f", false},
                                     {"n", 3},
                                     {"inf", -std::numeric_limits<double>::infinity()}};
  EXPECT_EQ(line(LogFormat::logfmt, "m", fields),
            "ts=2026-11-21T06:47:00.007Z level=info msg=m i=-7 u=18446744073709551615 d=0.25 t=true f=false n=3 "
            "inf=-Inf");
  const auto json = nlohmann::json::parse(line(LogFormat::json, "m", fields));
  EXPECT_EQ(json.at("i"), -7);
  EXPECT_EQ(json.at("u"), 18'446'744'073'709'551'615U);
  EXPECT_EQ(json.at("d"), 0.25);
  EXPECT_EQ(json.at("t"), true);
  EXPECT_EQ(json.at("inf"), "-Inf");
}

TEST(LogLine, NamesEveryLevel) {
  const auto level = [](Severity severity) {
    return nlohmann::json::parse(format_line(LogFormat::json, 0, severity, "m", {})).at("level").get<std::string>();
  };
  EXPECT_EQ(level(Severity::debug), "debug");
  EXPECT_EQ(level(Severity::info), "info");
  EXPECT_EQ(level(Severity::warning), "warning");
  EXPECT_EQ(level(Severity::error), "error");
}

TEST(LogLine, AForeignValueCannotForgeALineOrAField) {
  const std::string evil = "x\r\nts=1 level=error msg=\"forged\"\x1b[31m\u2028\u0085\x7f";
  for (const LogFormat format : {LogFormat::logfmt, LogFormat::json}) {
    const std::string got = line(format, evil, {{"service", evil}});
    EXPECT_EQ(got.find_first_of("\r\n\x1b\x7f"), std::string::npos) << got;
    EXPECT_EQ(got.find("\u2028"), std::string::npos) << got;
    EXPECT_EQ(got.find("\u0085"), std::string::npos) << got;
    EXPECT_EQ(got.find("msg=\"forged\""), std::string::npos) << got;
  }
  const auto json = nlohmann::json::parse(line(LogFormat::json, evil, {{"service", evil}}));
  EXPECT_EQ(json.at("service"), evil);
}

TEST(Escape, EveryByteComesOutAsHarmlessUtf8) {
  for (int first = 0; first < 256; ++first) {
    for (const char second : {'\0', 'a', '\n', '\x80', '\xBF', '\xE2', '\xFF'}) {
      const std::string text = {static_cast<char>(first), second};
      const std::string got = escape(text);
      EXPECT_TRUE(base::is_valid_utf8(got)) << first;
      for (const char c : got) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << first;
      EXPECT_TRUE(nlohmann::json::accept("\"" + got + "\"")) << first;
    }
  }
}

TEST(Escape, KeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(escape("pay\u00e9 \u65e5\u672c \U0001F600"), "pay\u00e9 \u65e5\u672c \U0001F600");
  EXPECT_EQ(escape("a\xFF\xC3"), "a\uFFFD\uFFFD");
}

TEST(Escape, CutsAtTheLimitAndNeverInsideACodePointOrAnEscape) {
  EXPECT_EQ(escape(std::string(2'000, 'x')), std::string(2'000, 'x'));
  EXPECT_EQ(escape(std::string(2'001, 'x')), std::string(1'997, 'x') + "...");
  EXPECT_EQ(escape("abcdef\n", 7), "abcd...");
  EXPECT_EQ(escape("\n\n\n\n\n", 8), "\\n\\n...");
  for (std::size_t limit = 3; limit < 40; ++limit) {
    const std::string got = escape("\u65e5\n\x01\U0001F600\"\u65e5\x02\u65e5\u65e5\u65e5\u65e5\u65e5", limit);
    EXPECT_LE(got.size(), limit);
    EXPECT_TRUE(nlohmann::json::accept("\"" + got + "\"")) << got;
  }
}

}  // namespace
}  // namespace spm::telemetry
