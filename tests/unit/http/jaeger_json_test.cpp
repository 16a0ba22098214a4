#include "jaeger_json.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "json_text.hpp"
#include "rfc3339.hpp"

namespace spm::http {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

model::MetricFamily family_of(model::TimeGrid grid) {
  model::MetricFamily family;
  family.name = "service_call_rate";
  family.help = "calls/sec, grouped by service";
  family.grid = grid;
  return family;
}

TEST(Rfc3339, HasAFractionOnlyWhereThereAreMilliseconds) {
  EXPECT_EQ(Rfc3339(1'795'141'800'000).text(), "2026-11-20T02:30:00Z");
  EXPECT_EQ(Rfc3339(1'795'141'800'007).text(), "2026-11-20T02:30:00.007Z");
  EXPECT_EQ(Rfc3339(0).text(), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(-1).text(), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(Rfc3339(951'782'400'000).text(), "2000-02-29T00:00:00Z");
  EXPECT_EQ(Rfc3339(-62'135'596'800'000).text(), "0001-01-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(253'402'300'799'999).text(), "9999-12-31T23:59:59.999Z");
}

TEST(JsonString, IsValidWhateverComesIn) {
  EXPECT_EQ(json_string("plain"), R"("plain")");
  EXPECT_EQ(json_string("quo\"te\\back"), R"("quo\"te\\back")");
  EXPECT_EQ(json_string("a\nb\tc\rd\x01\x1f\x7f"), "\"a\\nb\\tc\\rd\\u0001\\u001f\\u007f\"");
  EXPECT_EQ(json_string(std::string_view("\0", 1)), "\"\\u0000\"");
  EXPECT_EQ(json_string("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"), "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80\"");
  EXPECT_EQ(json_string("a\xFF\xC3"), "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json_string("\xED\xA0\x80x"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDx\"");
}

TEST(FamilyJson, IsWhatJaegerWrites) {
  auto family = family_of({1'795'141'740'000, 60'000, 2});
  model::Series series;
  series.labels = {{"service_name", "frontend"}};
  series.column = model::Column(2);
  series.column.set(0, 15.658119658119656);
  series.column.set(1, 15.767521367521365);
  family.metrics.push_back(series);
  EXPECT_EQ(family_json(family),
            R"({"name":"service_call_rate","type":"GAUGE","help":"calls/sec, grouped by service","metrics":[)"
            R"({"labels":[{"name":"service_name","value":"frontend"}],"metricPoints":[)"
            R"({"gaugeValue":{"doubleValue":15.658119658119656},"timestamp":"2026-11-20T02:29:00Z"},)"
            R"({"gaugeValue":{"doubleValue":15.767521367521365},"timestamp":"2026-11-20T02:30:00Z"}]}]})");
}

TEST(FamilyJson, AnEmptyResultHasAnEmptyList) {
  EXPECT_EQ(family_json(family_of({0, 1, 3})),
            R"({"name":"service_call_rate","type":"GAUGE","help":"calls/sec, grouped by service","metrics":[]})");
}

TEST(FamilyJson, AbsentPointsAreLeftOutAndSpecialNumbersAreStrings) {
  auto family = family_of({0, 1'500, 6});
  model::Series series;
  series.labels = {{"service_name", "a"}, {"operation", "GET \"/\""}};
  series.column = model::Column(6);
  series.column.set(1, std::numeric_limits<double>::quiet_NaN());
  series.column.set(2, std::numeric_limits<double>::infinity());
  series.column.set(3, -std::numeric_limits<double>::infinity());
  series.column.set(4, -0.0);
  family.metrics.push_back(series);
  model::Series nothing;
  nothing.column = model::Column(6);
  family.metrics.push_back(nothing);
  const std::string json = family_json(family);
  EXPECT_NE(json.find(R"({"labels":[{"name":"service_name","value":"a"},{"name":"operation","value":"GET \"/\""}],)"
                      R"("metricPoints":[{"gaugeValue":{"doubleValue":"NaN"},"timestamp":"1970-01-01T00:00:01.500Z"},)"
                      R"({"gaugeValue":{"doubleValue":"Infinity"},"timestamp":"1970-01-01T00:00:03Z"},)"
                      R"({"gaugeValue":{"doubleValue":"-Infinity"},"timestamp":"1970-01-01T00:00:04.500Z"},)"
                      R"({"gaugeValue":{"doubleValue":-0},"timestamp":"1970-01-01T00:00:06Z"}]},)"),
            std::string::npos)
      << json;
  EXPECT_TRUE(json.ends_with(R"({"labels":[],"metricPoints":[]}]})")) << json;
}

TEST(FamilyJson, TheLongestNumbersFit) {
  auto family = family_of({253'402'300'799'001, 1, 4});
  model::Series series;
  series.column = model::Column(4);
  series.column.set(0, -std::numeric_limits<double>::min());
  series.column.set(1, std::numeric_limits<double>::max());
  series.column.set(2, -std::numeric_limits<double>::denorm_min());
  series.column.set(3, -1.2345678901234567e-100);
  family.metrics.push_back(series);
  const std::string json = family_json(family);
  EXPECT_NE(json.find("-2.2250738585072014e-308"), std::string::npos) << json;
  EXPECT_NE(json.find("1.7976931348623157e+308"), std::string::npos) << json;
  EXPECT_NE(json.find("-1.2345678901234567e-100"), std::string::npos) << json;
}

TEST(ErrorJson, IsJaegersEnvelope) {
  EXPECT_EQ(error_json(400, "bad \"x\""),
            R"({"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":400,"msg":"bad \"x\""}]})");
  EXPECT_EQ(min_step_json(), R"({"data":1,"total":0,"limit":0,"offset":0,"errors":null})");
}

TEST(IndentJson, IndentsAsGoDoes) {
  EXPECT_EQ(indent_json(R"({"a":[],"b":{},"c":[1,{"d":"x,{\"}:"}]})"),
            "{\n    \"a\": [],\n    \"b\": {},\n    \"c\": [\n        1,\n        {\n            \"d\": \"x,{\\\"}:\"\n"
            "        }\n    ]\n}");
}

}  // namespace
}  // namespace spm::http
