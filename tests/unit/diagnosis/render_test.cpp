#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <spm/base/utf8.hpp>
#include <spm/diagnosis/render.hpp>

#include "fakes.hpp"

namespace spm::diagnosis {
namespace {

/// One problem and one hint, in the other order.
Report ailing() {
  schema::Family family = connector();
  family.newest_sample_ms = kNow - 34LL * 60 * kMinute;
  family.error_value_seen = false;
  Clinic clinic(family);
  clinic.service("line\nbreak\x1b[2J", "SPAN_KIND_SERVER", kNow);
  clinic.service("not\xffutf8", "SPAN_KIND_SERVER", kNow);
  return clinic.examine();
}

TEST(Text, ProblemsComeFirst) {
  const std::string text = to_text(ailing());
  const std::size_t problem = text.find("PROBLEM  stale_metrics");
  const std::size_t hint = text.find("HINT  no_error_seen");
  const std::size_t facts = text.find("\nStore ");
  ASSERT_NE(problem, std::string::npos) << text;
  ASSERT_NE(hint, std::string::npos) << text;
  EXPECT_LT(problem, hint);
  EXPECT_LT(hint, facts);
  EXPECT_TRUE(text.starts_with("1 problem found, 1 hint.\n")) << text;
}

TEST(Text, FitsATerminalAndMovesNoCursor) {
  const std::string text = to_text(ailing());
  EXPECT_TRUE(text.ends_with('\n'));
  EXPECT_TRUE(base::is_valid_utf8(text));
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

TEST(Text, AHealthyStoreSaysSo) {
  Clinic clinic;
  clinic.options.store_url = "http://store:9090";
  const std::string text = to_text(clinic.examine());
  EXPECT_TRUE(text.starts_with("No problems found.\n")) << text;
  EXPECT_NE(text.find("http://store:9090: Prometheus or alike, version 2.42.0"), std::string::npos) << text;
  EXPECT_NE(text.find("frontend, 10 s old; server"), std::string::npos) << text;
  EXPECT_NE(text.find("this service needs none"), std::string::npos) << text;
}

TEST(Text, TellsWhatCouldNotBeAsked) {
  Clinic clinic;
  clinic.store.refuse("resets(", base::ErrorKind::query_rejected, "no resets()");
  EXPECT_NE(to_text(clinic.examine()).find("Could not be asked:"), std::string::npos);
}

TEST(Json, HoldsTheWholeReport) {
  const auto json = nlohmann::json::parse(to_json(ailing()));
  EXPECT_EQ(json["healthy"], false);
  EXPECT_EQ(json["examinedAt"], "2026-11-20T02:30:00Z");
  ASSERT_EQ(json["findings"].size(), 2U);
  EXPECT_EQ(json["findings"][0]["id"], "stale_metrics");
  EXPECT_EQ(json["findings"][0]["severity"], "problem");
  for (const char* part : {"what", "why", "whatToDo"})
    EXPECT_FALSE(json["findings"][0][part].get<std::string>().empty());
  EXPECT_EQ(json["store"]["version"], "2.42.0");
  EXPECT_EQ(json["families"][0]["chosen"], true);
  EXPECT_EQ(json["families"][0]["unitKnownBy"], "the metric's name");
  EXPECT_EQ(json["jaeger"]["v1"][0], "PROMETHEUS_QUERY_NAMESPACE=traces_span_metrics");
  EXPECT_EQ(json["sampleIntervalMs"], 15'000);
  EXPECT_EQ(json["services"].size(), 3U);
}

TEST(Json, IsValidWhateverTheNamesAre) {
  const std::string json = to_json(ailing());
  EXPECT_TRUE(base::is_valid_utf8(json));
  EXPECT_EQ(json.find('\n'), std::string::npos);
  EXPECT_NE(to_json(ailing(), 4).find("\n    \"healthy\""), std::string::npos);
}

TEST(Json, WhatIsNotThereIsNull) {
  Clinic clinic;
  clinic.store.refuse("time()", base::ErrorKind::store_unreachable, "no connection");
  const auto json = nlohmann::json::parse(to_json(clinic.examine()));
  EXPECT_TRUE(json["jaeger"].is_null());
  EXPECT_TRUE(json["store"]["kind"].is_null());
  EXPECT_EQ(json["store"]["reachable"], false);
  EXPECT_TRUE(json["families"].empty());
}

}  // namespace
}  // namespace spm::diagnosis
