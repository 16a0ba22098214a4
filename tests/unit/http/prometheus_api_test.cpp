#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/http/front_door.hpp>
#include <spm/http/prometheus_api.hpp>

#include "fakes.hpp"
#include "form.hpp"

namespace spm::http {
namespace {

using service::ListWindow;
using service::NameList;
using service::OperationList;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

/// Holds the series it is given; answers those whose service is asked for.
class HoldingService final : public service::MetricsService {
 public:
  boost::asio::awaitable<base::Result<service::MetricsAnswer>> answer(model::MetricQuery query,
                                                                      const base::CallContext& context) override {
    ++calls;
    last_query = query;
    last_context = context;
    if (error) co_return base::fail(*error);
    service::MetricsAnswer result;
    model::MetricFamily family;
    family.grid = query.grid;
    result.notices = notices;
    result.encodings = encodings;
    for (const auto& [service, operation] : held) {
      if (std::ranges::find(query.services, service) == query.services.end()) continue;
      model::Series series;
      series.labels.push_back({"service_name", service});
      if (query.group_by_operation) series.labels.push_back({"operation", operation});
      series.column = model::Column(query.grid.points);
      for (std::size_t i = 0; i < query.grid.points; ++i) series.column.set(i, 1.5);
      family.metrics.push_back(std::move(series));
    }
    result.set_family(std::move(family));
    co_return result;
  }

  std::vector<std::pair<std::string, std::string>> held = {{"a", "GET /"}, {"b", "POST /"}};
  std::vector<service::Notice> notices;
  std::shared_ptr<service::Encodings> encodings;
  std::optional<base::Error> error;
  int calls = 0;
  model::MetricQuery last_query;
  base::CallContext last_context{base::Deadline::after({})};
};

class SmallCatalog final : public service::Catalog {
 public:
  boost::asio::awaitable<base::Result<NameList>> services(ListWindow window,
                                                          const base::CallContext& context) override {
    last_window = window;
    last_context = context;
    if (error) co_return base::fail(*error);
    co_return names({"a", "b"});
  }
  boost::asio::awaitable<base::Result<NameList>> operations(std::string service, ListWindow /*window*/,
                                                            const base::CallContext& /*context*/) override {
    co_return service == "a" ? names({"GET /", "PUT /"}) : names({"POST /"});
  }
  boost::asio::awaitable<base::Result<OperationList>> operations_by_kind(
      std::string service, std::optional<model::SpanKind> /*kind*/, const base::CallContext& /*context*/) override {
    OperationList list;
    if (service == "a") list.operations = {{"GET /", "server"}, {"PUT /", "client"}};
    if (service == "b") list.operations = {{"POST /", "server"}};
    co_return list;
  }
  boost::asio::awaitable<base::Result<NameList>> span_kinds(ListWindow /*window*/,
                                                            const base::CallContext& /*context*/) override {
    co_return names({"SPAN_KIND_CLIENT", "SPAN_KIND_SERVER"});
  }
  boost::asio::awaitable<base::Result<NameList>> attribute_values(std::string key, std::optional<std::string> service,
                                                                  std::optional<std::int64_t> lookback_ms,
                                                                  const base::CallContext& /*context*/) override {
    last_lookback_ms = lookback_ms;
    if (key == "cluster") co_return service ? names({"eu"}) : names({"eu", "us"});
    co_return base::fail(base::invalid_parameter("key", "no label fits " + key));
  }

  static NameList names(std::vector<std::string> of) {
    NameList list;
    list.names = std::move(of);
    return list;
  }

  std::optional<base::Error> error;
  ListWindow last_window;
  std::optional<std::int64_t> last_lookback_ms;
  base::CallContext last_context{base::Deadline::after({})};
};

class RecordingForwarder final : public service::Forwarder {
 public:
  boost::asio::awaitable<base::Result<service::ForwardedAnswer>> forward(std::string path, std::string form,
                                                                         const base::CallContext& context) override {
    last_path = std::move(path);
    last_form = std::move(form);
    last_context = context;
    service::ForwardedAnswer answer;
    answer.status = 418;
    answer.content_type = "application/x";
    answer.body = "as it came";
    co_return answer;
  }
  std::string last_path;
  std::string last_form;
  base::CallContext last_context{base::Deadline::after({})};
};

std::string encoded(std::string_view text) {
  std::string out;
  char buffer[4];
  for (const char c : text) {
    std::snprintf(buffer, sizeof buffer, "%%%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += buffer;
  }
  return out;
}

constexpr std::string_view kCalls =
    R"(sum(rate(whatever_calls{service_name =~ "a|b", span_kind =~ "SPAN_KIND_SERVER"}[5m])) by (service_name))";
constexpr std::string_view kCallsByOperation =
    R"(sum(rate(whatever_calls{service_name =~ "a", }[5m])) by (service_name,operation))";

class PrometheusApiTest : public ::testing::Test {
 protected:
  Response ask(std::string_view target, std::string method = "GET", std::string body = "") {
    Request request;
    request.head.method = std::move(method);
    request.head.target = target;
    request.head.path = target.substr(0, target.find('?'));
    if (const std::size_t question = target.find('?'); question != std::string_view::npos) {
      request.head.query = target.substr(question + 1);
    }
    if (!body.empty()) request.head.headers.add("Content-Type", "application/x-www-form-urlencoded");
    request.body = std::move(body);
    service::MetricsService* service = disabled ? nullptr : &holding;
    service::Catalog* lists = disabled ? nullptr : &catalog;
    PrometheusApi api(options, service, lists, &forwarder, readiness, clock);
    FrontDoor door(FrontDoorOptions(), {&api}, readiness);
    return run(door.handle(request));
  }

  Response ask_range(std::string_view query, std::string more = "") {
    return ask("/api/v1/query_range", "POST",
               "query=" + encoded(query) + "&start=1795141200.123&end=1795141260.123&step=60" + more);
  }

  static std::string body(const Response& response) { return std::string(response.body_text()); }

  void expect_refused(const Response& response, std::string_view type, std::string_view words) {
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_THAT(body(response),
                StartsWith(R"({"status":"error","errorType":")" + std::string(type) + R"(","error":")"));
    EXPECT_THAT(body(response), HasSubstr(std::string(words)));
    EXPECT_TRUE(response.failure);
  }

  PrometheusApiOptions options;
  HoldingService holding;
  SmallCatalog catalog;
  RecordingForwarder forwarder;
  FakeReadiness readiness;
  FixedClock clock;
  bool disabled = false;
};

TEST_F(PrometheusApiTest, AnswersARangeQueryUnderItsOwnLabels) {
  const Response response = ask_range(kCalls);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.route, "prometheus_query_range");
  EXPECT_EQ(body(response),
            R"({"status":"success","data":{"resultType":"matrix","result":[)"
            R"({"metric":{"service_name":"a"},"values":[[1795141200.123,"1.5"],[1795141260.123,"1.5"]]},)"
            R"({"metric":{"service_name":"b"},"values":[[1795141200.123,"1.5"],[1795141260.123,"1.5"]]}]}})");
  EXPECT_EQ(holding.last_query.kind, model::MetricKind::call_rate);
  EXPECT_THAT(holding.last_query.services, ElementsAre("a", "a|b", "b"));
  EXPECT_THAT(holding.last_query.span_kinds, ElementsAre(model::SpanKind::server));
  EXPECT_EQ(holding.last_query.rate_window_ms, 300'000);
  EXPECT_EQ(holding.last_query.grid, (model::TimeGrid{1'795'141'200'123, 60'000, 2}));
}

TEST_F(PrometheusApiTest, TellsWhatCachesDidAndThatTheTimesAreExactlyTheAskedOnes) {
  const Response response = ask_range(kCalls);
  ASSERT_NE(response.headers.find("X-SPM-Cache"), nullptr);
  EXPECT_EQ(*response.headers.find("X-SPM-Cache"), "bypass; start=1795141200123; end=1795141260123; step=60000");
  EXPECT_FALSE(holding.last_query.movable_end_ms);
}

/// One question behind the door, several queries before it: each has its own bytes.
TEST_F(PrometheusApiTest, AKeptAnswerIsWrittenOnceForEachQuery) {
  boost::asio::io_context io;
  holding.encodings = std::make_shared<service::Encodings>(io.get_executor(), [] {});
  const Response first = ask_range(kCalls);
  EXPECT_EQ(ask_range(kCalls).body.get(), first.body.get());
  const std::string other_label = R"(sum by (service) (rate(calls{service=~"a|b",span_kind=~"SPAN_KIND_SERVER"}[5m])))";
  EXPECT_THAT(body(ask_range(other_label)), HasSubstr(R"({"metric":{"service":"a"})"));
  EXPECT_THAT(body(ask_range(kCalls, "&limit=1")), Not(HasSubstr(R"({"service_name":"b"})")));
  EXPECT_THAT(body(ask("/api/v1/query?query=" + encoded(kCalls))), HasSubstr(R"("resultType":"vector")"));
  EXPECT_EQ(body(ask_range(kCalls)), body(first));
}

TEST_F(PrometheusApiTest, LabelsAreTheOnesGroupedBySortedByName) {
  EXPECT_THAT(body(ask_range(kCallsByOperation)),
              HasSubstr(R"("result":[{"metric":{"operation":"GET /","service_name":"a"},"values")"));
  EXPECT_THAT(body(ask_range(R"(sum by (service, span_name) (rate(calls{service="a"}[5m])))")),
              HasSubstr(R"("result":[{"metric":{"service":"a","span_name":"GET /"},"values")"));
  EXPECT_THAT(body(ask_range(R"(sum(rate(calls{service="a"}[5m])))")), HasSubstr(R"("result":[{"metric":{},"values")"));
}

TEST_F(PrometheusApiTest, OneOperationIsTakenOutUnderWhateverLabel) {
  holding.held.emplace_back("a", "PUT /");
  for (const char* label : {"operation", "span_name"}) {
    const std::string asked =
        std::string("sum by (service_name) (rate(calls{service_name=\"a\",") + label + "=\"PUT /\"}[5m]))";
    EXPECT_THAT(body(ask_range(asked)), HasSubstr(R"("result":[{"metric":{"service_name":"a"},"values")"));
    EXPECT_THAT(body(ask_range(asked)), ::testing::Not(HasSubstr("},{")));
    EXPECT_TRUE(holding.last_query.group_by_operation);
    EXPECT_TRUE(holding.last_query.tags.empty());
  }
}

TEST_F(PrometheusApiTest, ALabelThatIsNotThereIsAFaultOfTheQuery) {
  holding.error = base::invalid_parameter("tag", "no label is called that");
  expect_refused(ask_range(kCalls), "bad_data", R"(invalid parameter \"query\": no label)");
}

TEST_F(PrometheusApiTest, TheWholeNameWinsOverItsParts) {
  holding.held.emplace_back("a|b", "x");
  const std::string text = body(ask_range(kCalls));
  EXPECT_THAT(text, HasSubstr(R"("result":[{"metric":{"service_name":"a|b"})"));
  EXPECT_EQ(text.find(R"("service_name":"a")"), std::string::npos);
}

TEST_F(PrometheusApiTest, UrlAndBodyMayBothSpeakWhenTheyAgree) {
  const std::string form = "query=" + encoded(kCalls) + "&start=1&end=2&step=1&dedup=true";
  EXPECT_EQ(ask("/api/v1/query_range?dedup=true", "POST", form).status, 200);
  EXPECT_THAT(holding.last_context.store_parameters, ElementsAre(Pair("dedup", "true")));
  EXPECT_EQ(ask("/api/v1/query_range?" + form).status, 200);
  expect_refused(ask("/api/v1/query_range?dedup=false", "POST", form), "bad_data", "dedup");
  expect_refused(ask("/api/v1/query_range?step=2", "POST", form), "bad_data", "step");
}

TEST_F(PrometheusApiTest, UnknownParametersAreNotLetThroughEnforcedMatchers) {
  options.matchers_enforced = true;
  expect_refused(ask_range(kCalls, "&extra_label=tenant%3Dx"), "bad_data", "extra_label");
  EXPECT_EQ(holding.calls, 0);
  options.pass_parameters = {"dedup"};
  EXPECT_EQ(ask_range(kCalls, "&dedup=true").status, 200);
  EXPECT_THAT(holding.last_context.store_parameters, ElementsAre(Pair("dedup", "true")));
  expect_refused(ask("/api/v1/label/service_name/values?extra_label=x"), "bad_data", "extra_label");
}

TEST_F(PrometheusApiTest, ExtraParametersAreBounded) {
  expect_refused(ask_range(kCalls, "&x=" + std::string(9'000, 'a')), "bad_data", "extra parameters");
  std::string many;
  for (int i = 0; i < 60; ++i) many += "&p" + std::to_string(i) + "=1";
  expect_refused(ask_range(kCalls, many), "bad_data", "extra parameters");
}

TEST_F(PrometheusApiTest, ParametersOfTheApiNeverReachTheStoreTwice) {
  EXPECT_EQ(ask_range(kCalls, "&time=7&limit=1&match[]=x&stats=all").status, 200);
  EXPECT_THAT(holding.last_context.store_parameters, ElementsAre(Pair("stats", "all")));
  EXPECT_THAT(body(ask_range(kCalls, "&limit=1")),
              HasSubstr(R"(]]}]},"warnings":["results truncated due to limit"]})"));
  EXPECT_EQ(ask("/api/v1/labels?query=up&step=1").status, 200);
  EXPECT_EQ(ask("/api/v1/label/service_name/values?query=up&dedup=true").status, 200);
  EXPECT_THAT(catalog.last_context.store_parameters, ElementsAre(Pair("dedup", "true")));
  expect_refused(ask_range(kCalls, "&limit=-1"), "bad_data", "limit");
}

TEST_F(PrometheusApiTest, TheTimeoutLowersTheDeadlineOnly) {
  ask_range(kCalls, "&timeout=1s");
  EXPECT_LE(holding.last_context.deadline.left(), std::chrono::seconds(1));
  ask_range(kCalls, "&timeout=1h");
  EXPECT_GT(holding.last_context.deadline.left(), std::chrono::seconds(20));
  EXPECT_LE(holding.last_context.deadline.left(), std::chrono::seconds(30));
  expect_refused(ask_range(kCalls, "&timeout=soon"), "bad_data", "timeout");
}

TEST_F(PrometheusApiTest, WhateverGoesWrongIs422) {
  for (const base::ErrorTraits& row : base::all_error_traits()) {
    if (row.kind == base::ErrorKind::invalid_argument) continue;
    holding.error = base::Error(row.kind, "the reason to show");
    expect_refused(ask_range(kCalls), "execution", "the reason to show");
  }
  holding.error.reset();
  expect_refused(ask("/api/v1/query_range?start=1&end=2&step=1"), "bad_data", "query");
  expect_refused(ask("/api/v1/query_range?query=" + encoded(kCalls) + "&start=1&end=2"), "bad_data", "step");
  expect_refused(ask_range(R"(sum(rate(calls{service_name =~ "", }[5m])) by (service_name))"), "bad_data",
                 "service name");
  expect_refused(ask_range("sum(rate(calls{service_name =~ \"\\xff\", }[5m])) by (service_name)"), "bad_data", "UTF-8");
  expect_refused(
      ask_range(R"(histogram_quantile(1.5, sum(rate(calls{service_name =~ "a", }[5m])) by (service_name,le)))"),
      "bad_data", "quantile");
  disabled = true;
  expect_refused(ask_range(kCalls), "execution", "PROMETHEUS_SERVER_URL");
  expect_refused(ask("/api/v1/label/service_name/values"), "execution", "PROMETHEUS_SERVER_URL");
}

TEST_F(PrometheusApiTest, TooManyServicesAreRefused) {
  std::string list = "s0";
  for (int i = 1; i < 1'001; ++i) list += "|s" + std::to_string(i);
  expect_refused(ask_range("sum(rate(calls{service_name =~ \"" + list + "\", }[5m])) by (service_name)"), "bad_data",
                 "1000");
}

TEST_F(PrometheusApiTest, NothingFoundIsAnEmptySuccessThatSaysSo) {
  const Response response = ask_range(R"(sum(rate(calls{service_name =~ "nobody", }[5m])) by (service_name))");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(body(response), HasSubstr(R"("result":[]},"warnings":["no series for service 'nobody')"));
  holding.notices = {{service::NoticeKind::nothing_found, "no span metrics here"}};
  EXPECT_THAT(body(ask_range(R"(sum(rate(calls{service_name =~ "nobody", }[5m])) by (service_name))")),
              HasSubstr(R"("warnings":["no span metrics here"]})"));
}

TEST_F(PrometheusApiTest, NoticesAreWarningsAndHeaders) {
  holding.notices = {{service::NoticeKind::store_warning, "partial"}};
  const Response response = ask_range(kCalls);
  EXPECT_THAT(body(response), HasSubstr(R"(,"warnings":["partial"]})"));
  ASSERT_NE(response.headers.find("X-SPM-Warning"), nullptr);
  EXPECT_EQ(*response.headers.find("X-SPM-Warning"), "partial");
}

TEST_F(PrometheusApiTest, OtherQueriesAreToldWhatIsAnswered) {
  expect_refused(ask_range("up"), "bad_data", "Monitor tab");
  expect_refused(ask_range("up{"), "bad_data", "Monitor tab");
  EXPECT_TRUE(forwarder.last_path.empty());
}

TEST_F(PrometheusApiTest, OtherQueriesAreForwardedUnchangedWhereAllowed) {
  options.forward_other_queries = true;
  const Response response = ask_range("up{a=\"b c\"}", "&dedup=true");
  EXPECT_EQ(response.status, 418);
  EXPECT_EQ(body(response), "as it came");
  EXPECT_EQ(response.content_type, "application/x");
  EXPECT_EQ(forwarder.last_path, "/api/v1/query_range");
  EXPECT_EQ(forwarder.last_form,
            "query=up%7Ba%3D%22b%20c%22%7D&start=1795141200.123&end=1795141260.123&step=60&dedup=true");
  EXPECT_TRUE(forwarder.last_context.store_parameters.empty());
  EXPECT_EQ(ask_range(kCalls).status, 200);
  options.matchers_enforced = true;
  expect_refused(ask_range("up"), "bad_data", "Monitor tab");
}

TEST_F(PrometheusApiTest, AnswersConstantsAsPrometheus) {
  EXPECT_EQ(body(ask("/api/v1/query?query=1%2B1&time=1795141800.5")),
            R"({"status":"success","data":{"resultType":"scalar","result":[1795141800.5,"2"]}})");
  EXPECT_EQ(body(ask("/api/v1/query", "POST", "query=1%2B1")),
            R"({"status":"success","data":{"resultType":"scalar","result":[1795141800,"2"]}})");
  EXPECT_EQ(body(ask_range("1+1")), R"({"status":"success","data":{"resultType":"matrix","result":[)"
                                    R"({"metric":{},"values":[[1795141200.123,"2"],[1795141260.123,"2"]]}]}})");
  EXPECT_EQ(holding.calls, 0);
}

TEST_F(PrometheusApiTest, AnswersAShapeAtOneTime) {
  EXPECT_EQ(body(ask("/api/v1/query?time=1795141200&query=" + encoded(kCallsByOperation))),
            R"({"status":"success","data":{"resultType":"vector","result":[)"
            R"({"metric":{"operation":"GET /","service_name":"a"},"value":[1795141200,"1.5"]}]}})");
  EXPECT_EQ(holding.last_query.grid.points, 1U);
  expect_refused(ask("/api/v1/query?time=x&query=" + encoded(kCalls)), "bad_data", "time");
}

TEST_F(PrometheusApiTest, ListsFillVariables) {
  const auto list = [&](std::string_view target) { return body(ask(target)); };
  EXPECT_EQ(list("/api/v1/labels"),
            R"({"status":"success","data":["__name__","operation","service_name","span_kind","span_name"]})");
  EXPECT_EQ(list("/api/v1/label/service_name/values"), R"({"status":"success","data":["a","b"]})");
  EXPECT_EQ(list("/api/v1/label/service_name/values?match[]=" + encoded(R"(x{service_name=~"b|c"})")),
            R"({"status":"success","data":["b"]})");
  EXPECT_EQ(list("/api/v1/label/span_name/values"), R"({"status":"success","data":["GET /","POST /","PUT /"]})");
  EXPECT_EQ(list("/api/v1/label/operation/values?match[]=" + encoded(R"({service_name="b"})")),
            R"({"status":"success","data":["POST /"]})");
  EXPECT_EQ(list("/api/v1/label/span_kind/values"),
            R"({"status":"success","data":["SPAN_KIND_CLIENT","SPAN_KIND_SERVER"]})");
  EXPECT_EQ(list("/api/v1/label/span_kind/values?match[]=" + encoded(R"({service_name="b"})")),
            R"({"status":"success","data":["SPAN_KIND_SERVER"]})");
  EXPECT_EQ(list("/api/v1/label/cluster/values"), R"({"status":"success","data":["eu","us"]})");
  EXPECT_EQ(list("/api/v1/label/cluster/values?match[]=" + encoded(R"({service_name="b"})")),
            R"({"status":"success","data":["eu"]})");
  EXPECT_EQ(list("/api/v1/label/unknown/values"), R"({"status":"success","data":[]})");
  EXPECT_EQ(list("/api/v1/label/service_name/values?limit=1"),
            R"({"status":"success","data":["a"],"warnings":["results truncated due to limit"]})");
  EXPECT_THAT(list("/api/v1/label/service_name/values?match[]=" + encoded(R"(x{job="y"})")), HasSubstr("warnings"));
}

TEST_F(PrometheusApiTest, ListsKeepTheirWindow) {
  ask("/api/v1/label/service_name/values?start=1795100000&end=1795100060");
  EXPECT_EQ(catalog.last_window.start_ms, 1'795'100'000'000);
  EXPECT_EQ(catalog.last_window.end_ms, 1'795'100'060'000);
  ask("/api/v1/label/cluster/values?start=1795141740");
  EXPECT_EQ(catalog.last_lookback_ms, 60'000);
  expect_refused(ask("/api/v1/label/service_name/values?start=2&end=1"), "bad_data", "end");
  catalog.error = base::Error(base::ErrorKind::store_unreachable, "the store is away");
  expect_refused(ask("/api/v1/label/service_name/values"), "execution", "the store is away");
}

TEST_F(PrometheusApiTest, SeriesAreLabelSets) {
  EXPECT_EQ(body(ask("/api/v1/series", "POST", "match[]=" + encoded(R"(calls{service_name="b"})"))),
            R"({"status":"success","data":[{"__name__":"calls","operation":"POST /","service_name":"b",)"
            R"("span_kind":"SPAN_KIND_SERVER","span_name":"POST /"}]})");
  EXPECT_THAT(body(ask("/api/v1/series?match[]=" + encoded(R"({service_name!="",span_kind="SPAN_KIND_CLIENT"})"))),
              HasSubstr(R"("data":[{"operation":"PUT /","service_name":"a")"));
  expect_refused(ask("/api/v1/series"), "bad_data", "match[]");
  expect_refused(ask("/api/v1/series?match[]=sum(x)"), "bad_data", "selector");
}

TEST_F(PrometheusApiTest, TellsWhatItIs) {
  EXPECT_THAT(body(ask("/api/v1/status/buildinfo")),
              StartsWith(R"({"status":"success","data":{"version":"2.42.0","revision":)"));
  EXPECT_THAT(body(ask("/api/v1/status/buildinfo")), HasSubstr(R"("application":"jaeger-spm-proxy")"));
  EXPECT_EQ(body(ask("/api/v1/metadata")), R"({"status":"success","data":{}})");
  EXPECT_EQ(ask("/-/healthy").status, 200);
  EXPECT_EQ(ask("/-/ready").status, 200);
  readiness.current = {false, "the store is away", ""};
  EXPECT_EQ(ask("/-/ready").status, 503);
  EXPECT_THAT(body(ask("/-/ready")), HasSubstr("the store is away"));
  EXPECT_EQ(ask("/-/healthy").status, 200);
}

TEST_F(PrometheusApiTest, OtherPathsAndMethods) {
  for (const char* path :
       {"/api/v1/rules", "/api/v1/label//values", "/api/v1/label/a/b/values", "/api/v1", "/-/quit"}) {
    EXPECT_EQ(ask(path).status, 404) << path;
  }
  EXPECT_EQ(ask("/api/v1/query_range", "PUT").status, 405);
  EXPECT_EQ(ask("/api/v1/label/service_name/values", "POST").status, 405);
}

}  // namespace
}  // namespace spm::http
