#include "jaeger_params.hpp"

#include <gtest/gtest.h>

namespace spm::http {
namespace {

using model::MetricKind;
using model::SpanKind;

constexpr std::int64_t kNow = 1'795'141'800'000;

base::Result<model::MetricQuery> read(std::string_view query, MetricKind kind = MetricKind::call_rate) {
  const auto parameters = decode_form(query);
  EXPECT_TRUE(parameters) << query;
  return read_metric_query(*parameters, kind, kNow);
}

/// The parameter at fault; "-": none.
std::string fault(std::string_view query, MetricKind kind = MetricKind::call_rate) {
  const auto result = read(query, kind);
  if (result) return "-";
  EXPECT_EQ(result.error().kind, base::ErrorKind::invalid_argument);
  EXPECT_FALSE(result.error().message.empty());
  return result.error().parameter;
}

TEST(JaegerParams, DefaultsAreJaegers) {
  const auto query = read("service=frontend");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->services, std::vector<std::string>{"frontend"});
  EXPECT_EQ(query->span_kinds, std::vector{SpanKind::server});
  EXPECT_FALSE(query->group_by_operation);
  EXPECT_EQ(query->grid.start_ms, kNow - 3'600'000);
  EXPECT_EQ(query->grid.last_ms(), kNow);
  EXPECT_EQ(query->grid.step_ms, 5'000);
  EXPECT_EQ(query->rate_window_ms, 600'000);
}

TEST(JaegerParams, ReadsThemAll) {
  const auto query = read(
      "quantile=0.999&service=a&service=b.c&groupByOperation=T&spanKind=SERVER&spanKind=client&endTs=1795141800000"
      "&lookback=60000&step=1000&ratePer=1500",
      MetricKind::latency);
  ASSERT_TRUE(query);
  EXPECT_EQ(query->quantile, 0.999);
  EXPECT_EQ(query->services, (std::vector<std::string>{"a", "b.c"}));
  EXPECT_TRUE(query->group_by_operation);
  EXPECT_EQ(query->span_kinds, (std::vector{SpanKind::server, SpanKind::client}));
  EXPECT_EQ(query->grid, (model::TimeGrid{kNow - 60'000, 1'000, 61}));
  EXPECT_EQ(query->rate_window_ms, 1'500);
}

std::vector<model::Label> tags_of(std::string_view query) {
  auto result = read("service=a&" + std::string(query));
  if (result) return std::move(result->tags);
  ADD_FAILURE() << query << ": " << result.error().message;
  return {};
}

TEST(JaegerParams, TagsAreCutAtTheFirstColon) {
  using Tags = std::vector<model::Label>;
  EXPECT_EQ(tags_of("tag=http.method:GET&tag=url:http%3A//x:80/a%2Bb+c"),
            (Tags{{"http.method", "GET"}, {"url", "http://x:80/a+b c"}}));
  EXPECT_EQ(tags_of("tag=a:"), (Tags{{"a", ""}}));
  EXPECT_EQ(tags_of("tags=%7B%22a%22%3A%22b%22%2C%22c.d%22%3A%22%C3%A9%22%7D&tag=e:f"),
            (Tags{{"a", "b"}, {"c.d", "\xC3\xA9"}, {"e", "f"}}));
  EXPECT_EQ(tags_of(R"(tags={"a:b":"c:d"})"), (Tags{{"a:b", "c:d"}}));
  EXPECT_TRUE(tags_of("tags={}&tags=").empty());
}

TEST(JaegerParams, RefusesTagsThatCannotBeRead) {
  EXPECT_EQ(fault("service=a&tag=key"), "tag");
  EXPECT_EQ(fault("service=a&tag="), "tag");
  EXPECT_EQ(fault("service=a&tag=:value"), "tag");
  EXPECT_EQ(fault("service=a&tag=le:1"), "tag");
  EXPECT_EQ(fault("service=a&tag=a:1&tag=a:2"), "tag");
  for (const char* text :
       {R"({"a":1})", R"({"a":true})", R"({"a":null})", R"({"a":["b"]})", R"({"a":{"b":"c"}})", R"(["a"])", R"("a")",
        "1", R"({"a":"b"} x)", R"({"a":"b",})", "{", R"({"a":"b","a":"b"})", "%7B%22a%22%3A%22%ff%22%7D"}) {
    EXPECT_EQ(fault("service=a&tags=" + std::string(text)), "tags") << text;
  }
  const auto number = read(R"(service=a&tags={"http.status_code":500})");
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().message,
            "the value of 'http.status_code' is a number, values are strings: write it in quotes");
}

TEST(JaegerParams, EmptyMeansAbsentWhereJaegerSaysSo) {
  const auto query = read("service=a&endTs=&lookback=&step=&ratePer=&groupByOperation=");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->grid.last_ms(), kNow);
  EXPECT_EQ(query->grid.step_ms, 5'000);
}

TEST(JaegerParams, OfRepeatedSingleValuesTheFirstCounts) {
  const auto query = read("service=a&lookback=60000&lookback=x&groupByOperation=true&groupByOperation=maybe");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->grid.start_ms, kNow - 60'000);
  EXPECT_TRUE(query->group_by_operation);
}

TEST(JaegerParams, AQuantileIsForLatenciesOnly) {
  EXPECT_EQ(fault("service=a&quantile=x"), "-");
  EXPECT_EQ(fault("service=a&quantile=x", MetricKind::latency), "quantile");
  EXPECT_EQ(fault("service=a", MetricKind::latency), "quantile");
  EXPECT_EQ(fault("service=a&quantile=", MetricKind::latency), "quantile");
  for (const char* value : {"0", "-1", "2", "NaN", "Inf", "1.0000001", "0.5,0.9", "1e-400"}) {
    EXPECT_EQ(fault("service=a&quantile=" + std::string(value), MetricKind::latency), "quantile") << value;
  }
  EXPECT_EQ(fault("service=a&quantile=1", MetricKind::latency), "-");
}

TEST(JaegerParams, TheParameterAtFaultIsNamed) {
  EXPECT_EQ(fault(""), "service");
  EXPECT_EQ(fault("service="), "service");
  EXPECT_EQ(fault("service=%ff"), "service");
  EXPECT_EQ(fault("service=a&groupByOperation=yes"), "groupByOperation");
  EXPECT_EQ(fault("service=a&spanKind=foo"), "spanKind");
  EXPECT_EQ(fault("service=a&spanKind="), "spanKind");
  EXPECT_EQ(fault("service=a&spanKind=server&spanKind=foo"), "spanKind");
  EXPECT_EQ(fault("service=a&endTs=1.5"), "endTs");
  EXPECT_EQ(fault("service=a&endTs=9223372036854775807"), "endTs");
  EXPECT_EQ(fault("service=a&lookback=1h"), "lookback");
  EXPECT_EQ(fault("service=a&lookback=-1"), "lookback");
  EXPECT_EQ(fault("service=a&step=0"), "step");
  EXPECT_EQ(fault("service=a&step=1e3"), "step");
  EXPECT_EQ(fault("service=a&ratePer=0"), "ratePer");
  EXPECT_EQ(fault("service=a&ratePer=9223372036855"), "ratePer");
  EXPECT_EQ(fault("service=a&endTs=-1"), "-");
}

TEST(JaegerParams, ARawPlusGivesASecondReading) {
  const auto raw = read("service=a+b&service=c");
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->services, (std::vector<std::string>{"a b", "c"}));
  EXPECT_EQ(raw->services_with_plus, (std::vector<std::string>{"a+b", "c"}));
  const auto encoded = read("service=a%2Bb");
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->services, std::vector<std::string>{"a+b"});
  EXPECT_TRUE(encoded->services_with_plus.empty());
}

TEST(JaegerParams, PrettyPrintIsAnyValueButEmptyAndFalse) {
  EXPECT_TRUE(wants_pretty_print(*decode_form("prettyPrint=true")));
  EXPECT_TRUE(wants_pretty_print(*decode_form("prettyPrint=0")));
  EXPECT_FALSE(wants_pretty_print(*decode_form("prettyPrint=false")));
  EXPECT_FALSE(wants_pretty_print(*decode_form("prettyPrint")));
  EXPECT_FALSE(wants_pretty_print(*decode_form("")));
}

}  // namespace
}  // namespace spm::http
