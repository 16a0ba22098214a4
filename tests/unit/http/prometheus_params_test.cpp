#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/promql/parser.hpp>

#include "prometheus_constant.hpp"
#include "prometheus_form.hpp"
#include "prometheus_lists.hpp"
#include "prometheus_times.hpp"

namespace spm::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

base::Result<PrometheusForm> form(std::string query, std::string body = "",
                                  std::string type = "application/x-www-form-urlencoded") {
  Request request;
  request.head.query = std::move(query);
  request.body = std::move(body);
  request.head.headers.add("Content-Type", std::move(type));
  return PrometheusForm::read(request);
}

TEST(PrometheusForm, ReadsUrlAndBodyAndTakesWhatIsEqual) {
  const auto read = form("dedup=true&a=1&a=2", "query=x%2B1&dedup=true&a=1&a=2");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->one("query").value(), "x+1");
  EXPECT_THAT(read->all("dedup"), ElementsAre("true"));
  EXPECT_THAT(read->all("a"), ElementsAre("1", "2"));
  EXPECT_EQ(read->one("missing").value(), "");
  EXPECT_EQ(read->encoded(), "dedup=true&a=1&a=2&query=x%2B1");
}

TEST(PrometheusForm, RefusesWhatDiffers) {
  const auto differs = form("query=a", "query=b");
  ASSERT_FALSE(differs);
  EXPECT_EQ(differs.error().parameter, "query");
  EXPECT_FALSE(form("extra_label=a", "extra_label=a&extra_label=b"));
  const auto twice = form("query=a&query=b");
  ASSERT_TRUE(twice);
  EXPECT_FALSE(twice->one("query"));
  EXPECT_TRUE(form("query=a&query=a")->one("query"));
  EXPECT_FALSE(form("query=%zz"));
  EXPECT_FALSE(form("", "{}", "application/json"));
  EXPECT_TRUE(form("", "a=b", "Application/X-WWW-Form-Urlencoded; charset=utf-8"));
}

TEST(PrometheusTimes, ReadsSecondsAndRfc3339) {
  const struct {
    const char* text;
    std::int64_t ms;
  } cases[] = {
      {"1795141800", 1'795'141'800'000},
      {"1795141800.123", 1'795'141'800'123},
      {"1795141800.1234", 1'795'141'800'123},
      {"1.7951418e9", 1'795'141'800'000},
      {"-1.5", -1'500},
      {"0", 0},
      {"2026-11-20T02:30:00Z", 1'795'141'800'000},
      {"2026-11-20T02:30:00.123Z", 1'795'141'800'123},
      {"2026-11-20T02:30:00.9996Z", 1'795'141'801'000},
      {"2026-11-20T03:30:00+01:00", 1'795'141'800'000},
      {"2026-11-19T22:30:00-04:00", 1'795'141'800'000},
  };
  for (const auto& one : cases) {
    const auto time = parse_prometheus_time("start", one.text);
    ASSERT_TRUE(time) << one.text;
    EXPECT_EQ(*time, one.ms) << one.text;
  }
  for (const char* text : {"", "x", "NaN", "Inf", "1e300", "2026-11-20", "2026-11-20T02:30:00", "2026-02-30T02:30:00Z",
                           "2026-11-20T24:30:00Z", "2026-11-20T02:30:00Zx", "2026-11-20T02:30:00.Z", "1795141800000"}) {
    const auto time = parse_prometheus_time("start", text);
    if (std::string_view(text) == "1795141800000") {
      EXPECT_FALSE(time) << "milliseconds are the year 56854";
      continue;
    }
    ASSERT_FALSE(time) << text;
    EXPECT_EQ(time.error().parameter, "start");
  }
}

TEST(PrometheusTimes, ReadsDurations) {
  EXPECT_EQ(parse_prometheus_duration("step", "15.5").value(), 15'500);
  EXPECT_EQ(parse_prometheus_duration("step", "1.001").value(), 1'001);
  EXPECT_EQ(parse_prometheus_duration("step", "60").value(), 60'000);
  EXPECT_EQ(parse_prometheus_duration("step", "1m30s").value(), 90'000);
  EXPECT_EQ(parse_prometheus_duration("step", "500ms").value(), 500);
  for (const char* text : {"", "0", "-1", "0.0001", "NaN", "Inf", "1e30", "1x", "5m:1m", "5m]", "m", "0s"}) {
    EXPECT_FALSE(parse_prometheus_duration("step", text)) << text;
  }
}

TEST(PrometheusTimes, TheGridIsBounded) {
  const auto grid = read_grid(*form("start=100&end=160.5&step=15"));
  ASSERT_TRUE(grid);
  EXPECT_EQ(*grid, (model::TimeGrid{100'000, 15'000, 5}));
  EXPECT_EQ(read_grid(*form("start=100&end=100&step=15"))->points, 1U);
  EXPECT_EQ(read_grid(*form("start=0&end=109999&step=1"))->points, 110'000U);
  const auto too_many = read_grid(*form("start=0&end=110000&step=1"));
  ASSERT_FALSE(too_many);
  EXPECT_EQ(too_many.error().parameter, "step");
  EXPECT_THAT(too_many.error().message, HasSubstr("a step of 2 s or more"));
  for (const auto& [query, parameter] :
       std::initializer_list<std::pair<const char*, const char*>>{{"end=1&step=1", "start"},
                                                                  {"start=1&step=1", "end"},
                                                                  {"start=1&end=2", "step"},
                                                                  {"start=2&end=1&step=1", "end"},
                                                                  {"start=1&end=2&step=0", "step"},
                                                                  {"start=x&end=2&step=0", "start"}}) {
    const auto refused = read_grid(*form(query));
    ASSERT_FALSE(refused) << query;
    EXPECT_EQ(refused.error().parameter, parameter) << query;
  }
}

TEST(PrometheusConstant, ArithmeticOfNumbersOnly) {
  const auto value = [](std::string_view text) {
    const auto tree = promql::parse(text);
    return tree ? constant_value(**tree) : std::nullopt;
  };
  EXPECT_EQ(value("1+1"), 2);
  EXPECT_EQ(value("-(2 * 3) / 4 ^ 0.5 % 2"), -1);
  EXPECT_EQ(value("1 +"), std::nullopt);
  EXPECT_EQ(value("vector(1)"), std::nullopt);
  EXPECT_EQ(value("1 + up"), std::nullopt);
  EXPECT_EQ(value("1 == bool 1"), std::nullopt);
}

TEST(PrometheusLists, ReadsWhatNarrowsAList) {
  const auto selection = read_selection(R"(calls{service_name=~"a|b",span_name="GET",span_kind="SPAN_KIND_SERVER"})");
  ASSERT_TRUE(selection);
  EXPECT_EQ(selection->metric, "calls");
  ASSERT_TRUE(selection->services);
  EXPECT_THAT(*selection->services, ElementsAre(ElementsAre("a|b"), ElementsAre("a", "b")));
  EXPECT_EQ(selection->operation, "GET");
  EXPECT_THAT(selection->kinds, ElementsAre(model::SpanKind::server));
  EXPECT_FALSE(selection->has_other_matchers);

  EXPECT_FALSE(read_selection(R"({service_name!=""})")->services);
  EXPECT_FALSE(read_selection(R"({__name__="x",service_name=~".*"})")->services);
  EXPECT_TRUE(read_selection(R"(x{job="y"})")->has_other_matchers);
  EXPECT_TRUE(read_selection(R"(x{service_name!="y"})")->has_other_matchers);
  for (const char* text : {"", "1", "sum(x)", "x[5m]", "x offset 5m", "x{"}) EXPECT_FALSE(read_selection(text)) << text;
}

}  // namespace
}  // namespace spm::http
