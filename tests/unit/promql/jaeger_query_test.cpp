#include <algorithm>
#include <array>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/promql/jaeger_query.hpp>
#include <spm/promql/parser.hpp>

#include "jaeger_text.hpp"

namespace spm::promql {
namespace {

using model::MetricKind;
using model::SpanKind;
using testing::build_jaeger;
using ::testing::ElementsAre;
using testing::Era;

constexpr std::array kEras = {Era::v1_23, Era::v1_32, Era::v1_73};

bool same_question(const JaegerQuery& a, const JaegerQuery& b) {
  return a.kind == b.kind && a.service == b.service && a.service_is_list == b.service_is_list &&
         a.span_kinds == b.span_kinds && a.tags == b.tags && a.service_label == b.service_label &&
         a.operation_label == b.operation_label && a.quantile == b.quantile && a.window_ms == b.window_ms &&
         a.metric == b.metric;
}

JaegerQuery recognised(std::string_view text) {
  const auto query = recognise(text);
  EXPECT_TRUE(query) << text;
  return query.value_or(JaegerQuery{});
}

TEST(JaegerQuery, ReadsALatencyWithAllThatStandsInIt) {
  const JaegerQuery query =
      recognised(R"(histogram_quantile(0.95, sum(rate(ns_duration_seconds_bucket{service_name =~ "a|b", )"
                 R"(span_kind =~ "SPAN_KIND_SERVER|SPAN_KIND_CLIENT"}[5m])) by (service_name,span_name,le)))");
  EXPECT_EQ(query.kind, MetricKind::latency);
  EXPECT_EQ(query.service, "a|b");
  EXPECT_TRUE(query.service_is_list);
  EXPECT_THAT(query.span_kinds, ElementsAre(SpanKind::server, SpanKind::client));
  EXPECT_EQ(query.service_label, "service_name");
  EXPECT_EQ(query.operation_label, "span_name");
  EXPECT_EQ(query.quantile, 0.95);
  EXPECT_EQ(query.window_ms, 300'000);
  EXPECT_EQ(query.metric, "ns_duration_seconds_bucket");
}

TEST(JaegerQuery, WithoutAWindowItIsTenMinutes) {
  const JaegerQuery query = recognised(
      R"(histogram_quantile(0.50, sum(latency_bucket{service_name =~ "a", }) by (service_name,operation,le)))");
  EXPECT_EQ(query.window_ms, 600'000);
  EXPECT_TRUE(query.window_as_written.empty());
  EXPECT_EQ(query.operation_label, "operation");
  EXPECT_TRUE(query.span_kinds.empty());
}

TEST(JaegerQuery, AnswersWhatTheTextSays) {
  const auto of = [](std::string_view quantile, std::string_view window) {
    return recognised("histogram_quantile(" + std::string(quantile) +
                      R"(, sum(rate(latency_bucket{service_name =~ "a", }[)" + std::string(window) +
                      "])) by (service_name,le))");
  };
  EXPECT_EQ(of("1.00", "1m").quantile, 1.0);
  EXPECT_EQ(of("0.95", "1m").window_ms, 60'000);
  EXPECT_EQ(of("0.95", "500m").window_ms, 30'000'000);
  EXPECT_EQ(of("0.95", "1.5s").window_ms, 1'500);
}

TEST(JaegerQuery, ReadsAnErrorRate) {
  const JaegerQuery query = recognised(
      R"(sum(rate(calls{service_name =~ "a", status_code = "STATUS_CODE_ERROR", span_kind =~ "SPAN_KIND_SERVER"}[10m])) )"
      R"(by (service_name) / sum(rate(calls{service_name =~ "a", span_kind =~ "SPAN_KIND_SERVER"}[10m])) by (service_name))");
  EXPECT_EQ(query.kind, MetricKind::error_rate);
  EXPECT_EQ(query.service, "a");
  EXPECT_TRUE(query.tags.empty());
  EXPECT_TRUE(query.operation_label.empty());
}

TEST(JaegerQuery, ReadsWhatOlderJaegersDoNotEscape) {
  const auto call = [](std::string_view service) {
    return recognised("sum(rate(calls{service_name =~ \"" + std::string(service) +
                      R"(", span_kind =~ "SPAN_KIND_SERVER"}[10m])) by (service_name))");
  };
  EXPECT_EQ(call(R"(quo"te\back)").service, R"(quo"te\back)");
  EXPECT_EQ(call(R"(", span_kind =~ "SPAN_KIND_CLIENT"}[5m])").service, R"(", span_kind =~ "SPAN_KIND_CLIENT"}[5m])");
  EXPECT_EQ(call("a(b").service, "a(b");
  EXPECT_EQ(call(R"(a(b\"c)").service, "a(b\"c") << "a value that can be read as a string is one";
  EXPECT_EQ(call("two\nlines").service, "two\nlines");
}

TEST(JaegerQuery, BothHalvesOfARawErrorRateMustAgree) {
  const auto ratio = [](std::string_view first, std::string_view second) {
    return recognise(
        "sum(rate(calls{service_name =~ \"" + std::string(first) +
        R"(", status_code = "STATUS_CODE_ERROR", }[10m])) by (service_name) / sum(rate(calls{service_name =~ ")" +
        std::string(second) + R"(", }[10m])) by (service_name))");
  };
  constexpr std::string_view kHostile = R"(x"y", }[10m])) by (service_name) / sum(rate(calls{service_name =~ "x)";
  ASSERT_TRUE(ratio(kHostile, kHostile));
  EXPECT_EQ(ratio(kHostile, kHostile)->kind, MetricKind::error_rate);
  EXPECT_EQ(ratio(kHostile, kHostile)->service, kHostile);
  EXPECT_FALSE(ratio("a", "b"));
  const auto unlike = ratio(R"(a"1)", R"(b"2)");
  EXPECT_TRUE(!unlike || unlike->kind != MetricKind::error_rate);
}

TEST(JaegerQuery, ToleratesHowItIsWritten) {
  const JaegerQuery jaegers = recognised(
      R"(sum(rate(calls{service_name =~ "a", span_kind =~ "SPAN_KIND_SERVER"}[5m])) by (service_name,span_name))");
  for (
      const char* text :
      {R"(sum by (span_name, service_name) (rate(calls{span_kind=~"SPAN_KIND_SERVER",service_name=~"a"}[5m])))",
       R"((sum by(service_name,span_name)((rate((calls{service_name=~'a',span_kind="SPAN_KIND_SERVER",}[300s]))))))",
       "sum(\n  rate(calls{service_name=~`a`, span_kind=~\"(SPAN_KIND_SERVER)\"}[5m]) # comment\n) by (service_name, "
       "span_name)",
       R"(sum(rate({"calls", service_name=~"a", span_kind=~"SPAN_KIND_SERVER"}[5m])) by (service_name,span_name))",
       R"(sum(rate(calls{service_name=~"a",span_kind=~"SPAN_KIND_SERVER",http_method=~".*"}[5m])) by (service_name,span_name))"}) {
    EXPECT_TRUE(same_question(recognised(text), jaegers)) << text;
  }
}

TEST(JaegerQuery, ReadsWhatDashboardsAsk) {
  const JaegerQuery query =
      recognised(R"(sum by (service) (rate(traces_spanmetrics_calls_total{service="a|b",cluster="eu"}[5m])))");
  EXPECT_EQ(query.service_label, "service");
  EXPECT_FALSE(query.service_is_list);
  EXPECT_THAT(query.tags, ElementsAre(model::Label{"cluster", "eu"}));
  EXPECT_THAT(service_readings(query), ElementsAre(ElementsAre("a|b")));

  const JaegerQuery no_service = recognised(R"(sum by (span_name) (rate(calls{service_name="a"}[5m])))");
  EXPECT_TRUE(no_service.service_label.empty());
  EXPECT_EQ(no_service.operation_label, "span_name");
  const JaegerQuery one = recognised(R"(sum by (service_name) (rate(calls{service_name="a",span_name="GET /"}[5m])))");
  EXPECT_EQ(one.operation, "GET /");
  EXPECT_TRUE(one.operation_label.empty());
  EXPECT_TRUE(recognise(R"(sum(rate(calls{service_name="a"}[5m])))"));
  EXPECT_TRUE(recognise(R"(histogram_quantile(0.9, sum by (le) (rate(duration_bucket{service_name="a"}[5m]))))"));
  EXPECT_TRUE(recognise(R"(sum(rate(calls{service_name="a",status_code="STATUS_CODE_ERROR"}[5m])) / )"
                        R"(sum(rate(calls{service_name="a"}[5m])))"));
}

TEST(JaegerQuery, OnlyNamesThatAJaegerGivesAreRecognised) {
  const auto rate = [](const std::string& name) {
    return recognise("sum(rate(" + name + "{service_name=\"a\"}[5m])) by (service_name)").has_value();
  };
  for (const char* name :
       {"calls", "calls_total", "ns_calls", "a_b_calls_total", "traces_spanmetrics_calls_total", "a:calls"}) {
    EXPECT_TRUE(rate(name)) << name;
  }
  for (const char* name :
       {"up", "http_requests_total", "mycalls", "calls_count", "_total", "total", "duration_bucket"}) {
    EXPECT_FALSE(rate(name)) << name;
    EXPECT_FALSE(recognise("sum(rate(" + std::string(name) + "{service_name =~ \"a\", }[5m])) by (service_name)"))
        << name;
  }
  const auto quantile = [](const std::string& name) {
    return recognise("histogram_quantile(0.9, sum(rate(" + name + "{service_name=\"a\"}[5m])) by (service_name,le))")
        .has_value();
  };
  for (const char* name :
       {"latency_bucket", "duration_bucket", "ns_duration_milliseconds_bucket", "duration_seconds_bucket"}) {
    EXPECT_TRUE(quantile(name)) << name;
  }
  for (const char* name : {"http_request_size_bucket", "bucket", "myduration_bucket", "duration", "calls"}) {
    EXPECT_FALSE(quantile(name)) << name;
  }
}

TEST(JaegerQuery, TellsWhatMayBeAboutSomethingElse) {
  EXPECT_TRUE(recognised(R"(sum(rate(http_calls{service_name="a"}[5m])) by (service_name))").may_be_foreign);
  EXPECT_FALSE(recognised(R"(sum(rate(calls_total{service_name="a"}[5m])) by (service_name))").may_be_foreign);
  EXPECT_FALSE(
      recognised(R"(sum(rate(traces_span_metrics_calls{service_name="a"}[5m])) by (service_name))").may_be_foreign);
  // As a Jaeger writes it, byte for byte.
  EXPECT_FALSE(recognised(R"(sum(rate(http_calls{service_name =~ "a", }[5m])) by (service_name))").may_be_foreign);
}

TEST(JaegerQuery, NothingElseIsRecognised) {
  for (const char* text : {
           "",
           "1+1",
           "up",
           "sum(up)",
           R"(sum(rate(calls{service_name="a"}[5m])) by (service_name) * 1000)",
           R"(avg(rate(calls{service_name="a"}[5m])) by (service_name))",
           R"(sum(irate(calls{service_name="a"}[5m])) by (service_name))",
           R"(sum(increase(calls{service_name="a"}[5m])) by (service_name))",
           R"(sum(rate(calls[5m])) by (service_name))",
           R"(sum(rate(calls{service_name!="a"}[5m])) by (service_name))",
           R"(sum(rate(calls{service_name="a"}[5m] offset 1h)) by (service_name))",
           R"(sum(rate(calls{service_name="a"}[5m] @ 100)) by (service_name))",
           R"(sum(rate(calls{service_name="a"}[5m])) without (service_name))",
           R"(sum(rate(calls{service_name="a"}[5m])) by (service_name, job))",
           R"(sum(rate(calls{service_name=~"a|b"}[5m])) by (span_name))",
           R"(sum(rate(calls{service_name="a",cluster=~"x.*"}[5m])) by (service_name))",
           R"(sum(rate(calls{service_name="a",cluster!="x"}[5m])) by (service_name))",
           R"(sum(rate(calls{service_name="a",cluster=""}[5m])) by (service_name))",
           R"(sum(rate(calls{service_name="a",span_kind="elsewhere"}[5m])) by (service_name))",
           R"(sum(rate(calls{service_name="a",span_kind=~"SPAN_KIND_S.*"}[5m])) by (service_name))",
           R"(sum(rate(calls{service_name="a",service_name="b"}[5m])) by (service_name))",
           R"(sum(calls{service_name="a"}) by (service_name))",
           R"(sum(rate(calls{service_name="a"}[5m])) by (service_name,le))",
           R"(histogram_quantile(0.9, sum(rate(duration_bucket{service_name="a"}[5m])) by (service_name)))",
           R"(histogram_quantile(0.9, rate(duration_bucket{service_name="a"}[5m])))",
           R"(histogram_quantile(scalar(x), sum(rate(duration_bucket{service_name="a"}[5m])) by (service_name,le)))",
           R"(sum(rate(calls{service_name="a",status_code="STATUS_CODE_OK"}[5m])) by (service_name) / )"
           R"(sum(rate(calls{service_name="a"}[5m])) by (service_name))",
           R"(sum(rate(calls{service_name="a",status_code="STATUS_CODE_ERROR"}[5m])) by (service_name) / )"
           R"(sum(rate(calls{service_name="a"}[1m])) by (service_name))",
           R"(sum(rate(calls{service_name="a",status_code="STATUS_CODE_ERROR"}[5m])) by (service_name) / )"
           R"(sum(rate(calls{service_name="a",span_kind="SPAN_KIND_SERVER"}[5m])) by (service_name))",
           R"(sum(rate(calls{service_name="a",status_code="STATUS_CODE_ERROR"}[5m])) by (service_name) / )"
           R"(on (service_name) sum(rate(calls{service_name="a"}[5m])) by (service_name))",
           R"(sum(rate(calls{service_name =~ "a", }[0m])) by (service_name))",
       }) {
    EXPECT_FALSE(recognise(text)) << text;
  }
}

TEST(JaegerQuery, ReadingsComeBestFirst) {
  const auto readings = [](std::string service) {
    JaegerQuery query;
    query.service = std::move(service);
    return service_readings(query);
  };
  EXPECT_THAT(readings("a"), ElementsAre(ElementsAre("a")));
  EXPECT_THAT(readings("one|two"), ElementsAre(ElementsAre("one|two"), ElementsAre("one", "two")));
  EXPECT_THAT(readings("one||two|"), ElementsAre(ElementsAre("one||two|"), ElementsAre("one", "two")));
  EXPECT_THAT(readings(R"((demo\.svc|b))"), ElementsAre(ElementsAre(R"((demo\.svc|b))"), ElementsAre("demo.svc", "b"),
                                                        ElementsAre(R"((demo\.svc)", "b)")));
  EXPECT_THAT(readings("(front|check|idle)").at(1), ElementsAre("front", "check", "idle"))
      << "as Grafana writes values";
  EXPECT_THAT(readings(R"(quo"te\back)"), ElementsAre(ElementsAre(R"(quo"te\back)")));
  EXPECT_TRUE(readings("").empty());
}

class JaegerProperty : public ::testing::Test {
 protected:
  template <std::size_t N>
  std::string pick(const std::array<const char*, N>& from) {
    return from.at(random_() % N);
  }

  std::string name() {
    constexpr std::array kPieces = {"a",
                                    "frontend",
                                    "\"",
                                    "\\",
                                    "|",
                                    "{",
                                    "}",
                                    "\", ",
                                    "}[5m]))",
                                    " by (",
                                    "\n",
                                    "\t",
                                    "\x01",
                                    "ü",
                                    "服务",
                                    "\u200b",
                                    "\\n",
                                    "\\\"",
                                    "(",
                                    ")",
                                    " / ",
                                    "sum(rate(",
                                    "`",
                                    "'",
                                    "=~",
                                    "service_name =~ \"",
                                    "\\x4",
                                    "\", span_kind =~ \"SPAN_KIND_SERVER",
                                    "\", status_code = \"STATUS_CODE_ERROR",
                                    "\", }[10m])) by (service_name)",
                                    "[",
                                    "]",
                                    "#",
                                    "$",
                                    "%",
                                    "+",
                                    "*",
                                    ".",
                                    "\xEF\xBF\xBD"};
    std::string text;
    const std::size_t pieces = 1 + random_() % 6;
    for (std::size_t i = 0; i < pieces; ++i) text += pick(kPieces);
    return text;
  }

  JaegerQuery question(std::string service) {
    constexpr std::array kCounters = {"calls", "calls_total", "traces_span_metrics_calls", "my_ns_calls_total"};
    constexpr std::array kHistograms = {"latency_bucket", "ns:duration_seconds_bucket", "duration_milliseconds_bucket",
                                        "traces_span_metrics_duration_bucket"};
    constexpr std::array kOperations = {"", "span_name", "operation"};
    constexpr std::array kKinds = {SpanKind::unspecified, SpanKind::internal, SpanKind::server,
                                   SpanKind::client,      SpanKind::producer, SpanKind::consumer};
    JaegerQuery query;
    query.kind = static_cast<MetricKind>(random_() % 3);
    query.service = std::move(service);
    query.service_as_written = query.service;
    const std::size_t kinds = random_() % 4;
    for (std::size_t i = 0; i < kinds; ++i) query.span_kinds.push_back(kKinds.at(random_() % kKinds.size()));
    query.service_label = "service_name";
    query.operation_label = pick(kOperations);
    if (query.kind == MetricKind::latency) query.quantile = static_cast<double>(1 + random_() % 100) / 100;
    constexpr std::array<std::int64_t, 3> kUnits = {1'000, 60'000, 3'600'000};
    query.window_ms = static_cast<std::int64_t>(1 + random_() % 23) * kUnits.at(random_() % 3);
    query.metric = query.kind == MetricKind::latency ? pick(kHistograms) : pick(kCounters);
    return query;
  }

  /// What is left of a question in a text of that era.
  static JaegerQuery as_text_has_it(JaegerQuery query, Era era) {
    if (era == Era::v1_23 && query.kind == MetricKind::latency) query.window_ms = model::kDefaultRatePerMs;
    return query;
  }

  std::mt19937 random_{20261120};
};

TEST_F(JaegerProperty, RecogniseIsTheIdentityOnPlainQuestions) {
  constexpr std::array kNames = {"frontend", "a.b", "ünï-服务", "with space", "x/y:z", "a-b_c", "*", "(", "q?"};
  for (int i = 0; i < 3'000; ++i) {
    const JaegerQuery asked = question(pick(kNames));
    for (const Era era : kEras) {
      const std::string text = build_jaeger(asked, era);
      const auto query = recognise(text);
      ASSERT_TRUE(query) << text;
      EXPECT_TRUE(same_question(*query, as_text_has_it(asked, era))) << text;
    }
  }
}

TEST_F(JaegerProperty, WhatIsQuotedComesBackWhateverItIs) {
  for (int i = 0; i < 5'000; ++i) {
    const JaegerQuery asked = question(name());
    const std::string text = build_jaeger(asked, Era::v1_73);
    const auto query = recognise(text);
    ASSERT_TRUE(query) << text;
    EXPECT_TRUE(same_question(*query, asked)) << text << "\nread as " << query->service;
  }
}

TEST_F(JaegerProperty, EveryTextOfAJaegerIsWrittenAgainTheSame) {
  int read_as_other_promql = 0;
  for (int i = 0; i < 10'000; ++i) {
    JaegerQuery asked = question(name());
    if (random_() % 3 == 0)
      asked.window_as_written = testing::go_window(static_cast<std::int64_t>(1 + random_() % 200'000));
    for (const Era era : kEras) {
      const std::string text = build_jaeger(asked, era);
      const auto query = recognise(text);
      // A name that is not escaped can complete the text to some other PromQL, and PromQL it is then.
      const bool other = era != Era::v1_73 && (!query || build_jaeger(*query, era) != text) && parse(text);
      if (other) {
        ++read_as_other_promql;
        continue;
      }
      ASSERT_TRUE(query) << text;
      EXPECT_EQ(build_jaeger(*query, era), text) << "read as " << query->service;
    }
  }
  EXPECT_LT(read_as_other_promql, 3'000) << "of 30,000";
}

TEST(JaegerQuery, HostileTextsCostLittle) {
  std::string text = "sum(rate(calls{service_name =~ \"x\"y";
  for (int i = 0; i < 30'000; ++i) text += R"(", span_kind =~ "SPAN_KIND_SERVER)";
  EXPECT_FALSE(recognise(text));
  text += R"("}[10m])) by (service_name))";
  EXPECT_TRUE(recognise(text));
}

}  // namespace
}  // namespace spm::promql
