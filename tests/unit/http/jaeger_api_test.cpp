#include <gtest/gtest.h>

#include <spm/http/front_door.hpp>
#include <spm/http/jaeger_api.hpp>

#include "fakes.hpp"

namespace spm::http {
namespace {

class JaegerApiTest : public ::testing::Test {
 protected:
  Response ask(std::string_view target, std::string_view method = "GET") {
    Request request;
    request.head.method = method;
    request.head.target = target;
    request.head.path = target.substr(0, target.find('?'));
    if (const std::size_t question = target.find('?'); question != std::string_view::npos) {
      request.head.query = target.substr(question + 1);
    }
    request.head.headers = headers;
    request.id = "id1";
    JaegerApi api(disabled ? nullptr : &service, clock, always_500);
    FrontDoor door(options, {&api}, readiness);
    return run(door.handle(request));
  }

  static std::string header(const Response& response, std::string_view name) {
    const std::string* value = response.headers.find(name);
    return value == nullptr ? "<none>" : *value;
  }

  FrontDoorOptions options;
  bool always_500 = false;
  Headers headers;
  FakeService service;
  FakeReadiness readiness;
  FixedClock clock;
  bool disabled = false;
};

TEST_F(JaegerApiTest, AnswersACallsQuery) {
  const Response response = ask("/api/metrics/calls?service=a&lookback=0");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.route, "calls");
  EXPECT_EQ(response.body_text(),
            R"({"name":"service_call_rate","type":"GAUGE","help":"calls/sec, grouped by service","metrics":[)"
            R"({"labels":[{"name":"service_name","value":"a"}],"metricPoints":[)"
            R"({"gaugeValue":{"doubleValue":1.5},"timestamp":"2026-11-20T02:30:00Z"}]}]})");
  EXPECT_EQ(service.last_context.request_id, "id1");
}

TEST_F(JaegerApiTest, EachRouteAsksItsKind) {
  ask("/api/metrics/latencies?service=a&quantile=0.5");
  EXPECT_EQ(service.last_query.kind, model::MetricKind::latency);
  ask("/api/metrics/errors?service=a");
  EXPECT_EQ(service.last_query.kind, model::MetricKind::error_rate);
  ask("/api/metrics/calls?service=a");
  EXPECT_EQ(service.last_query.kind, model::MetricKind::call_rate);
}

TEST_F(JaegerApiTest, PrettyPrintIndents) {
  const Response response = ask("/api/metrics/calls?service=a&lookback=0&prettyPrint=true");
  EXPECT_TRUE(response.body_text().starts_with("{\n    \"name\": \"service_call_rate\",\n")) << response.body_text();
}

TEST_F(JaegerApiTest, ABadParameterIsNamedAndNothingIsAsked) {
  const Response response = ask("/api/metrics/calls?service=a&step=x");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_TRUE(response.body_text().starts_with(
      R"({"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":400,"msg":"unable to parse param 'step': )"))
      << response.body_text();
  EXPECT_EQ(ask("/api/metrics/calls?service=%zz").status, 400);
  EXPECT_EQ(service.calls, 0);
}

TEST_F(JaegerApiTest, MinStepStays) {
  const Response response = ask("/api/metrics/minstep?service=frontend");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body_text(), R"({"data":1,"total":0,"limit":0,"offset":0,"errors":null})");
}

TEST_F(JaegerApiTest, UnknownPathsAreJaegers404) {
  for (const char* path :
       {"/", "/api/metrics/nothing", "/api/metrics/", "/api/metrics/calls/", "/x/../api/metrics/calls",
        "//api/metrics/calls", "/api/metrics%2fcalls", "/api/%2e%2e/api/metrics/calls"}) {
    const Response response = ask(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.body_text(), "404 page not found\n");
    EXPECT_TRUE(response.content_type.starts_with("text/plain"));
  }
}

TEST_F(JaegerApiTest, OtherMethodsAre405) {
  const Response response = ask("/api/metrics/calls?service=a", "POST");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(header(response, "Allow"), "GET, HEAD");
  EXPECT_NE(response.body_text().find("\"code\":405"), std::string::npos);
  EXPECT_EQ(ask("/api/metrics/calls?service=a", "HEAD").status, 200);
}

TEST_F(JaegerApiTest, LivesBelowItsBasePathAndHealthAtBoth) {
  options.base_path = "/jaeger";
  EXPECT_EQ(ask("/jaeger/api/metrics/calls?service=a").status, 200);
  EXPECT_EQ(ask("/api/metrics/calls?service=a").status, 404);
  EXPECT_EQ(ask("/livez").status, 200);
  EXPECT_EQ(ask("/jaeger/livez").status, 200);
}

TEST_F(JaegerApiTest, HealthAnswersProbes) {
  for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
    EXPECT_EQ(ask("/livez", method).status, 200) << method;
    EXPECT_EQ(ask("/readyz", method).status, 200) << method;
  }
  EXPECT_EQ(ask("/livez", "POST").status, 405);
  EXPECT_EQ(ask("/", "OPTIONS").status, 200);
  EXPECT_EQ(ask("*", "OPTIONS").status, 200);
  readiness.current = {false, "the store is away", ""};
  const Response response = ask("/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body_text(), "not ready: the store is away\n");
  EXPECT_EQ(ask("/livez").status, 200);
}

TEST_F(JaegerApiTest, ErrorsKeepTheirStatusUnlessJaegersIsWanted) {
  service.mode = FakeService::Mode::fail;
  service.error = base::Error(base::ErrorKind::rate_limited, "slow down").retry_in(std::chrono::seconds(7));
  const Response real = ask("/api/metrics/calls?service=a");
  EXPECT_EQ(real.status, 429);
  EXPECT_EQ(header(real, "Retry-After"), "7");
  EXPECT_NE(real.body_text().find(R"("code":429,"msg":"slow down")"), std::string::npos) << real.body_text();
  ASSERT_TRUE(real.failure);
  EXPECT_EQ(real.failure->kind, base::ErrorKind::rate_limited);

  always_500 = true;
  const Response jaegers = ask("/api/metrics/calls?service=a");
  EXPECT_EQ(jaegers.status, 500);
  EXPECT_NE(jaegers.body_text().find(R"("code":500,"msg":"slow down")"), std::string::npos);
  EXPECT_EQ(ask("/api/metrics/calls").status, 400);
}

TEST_F(JaegerApiTest, ADefectIs500WithoutItsWords) {
  service.mode = FakeService::Mode::raise;
  const Response response = ask("/api/metrics/calls?service=a");
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body_text().find("secret"), std::string::npos);
  ASSERT_TRUE(response.failure);
  EXPECT_EQ(response.failure->log_detail, "a defect with secret words");
}

TEST_F(JaegerApiTest, AServiceThatHangsIsCancelledAtTheDeadline) {
  service.mode = FakeService::Mode::hang;
  options.query_timeout = std::chrono::milliseconds(1);
  EXPECT_EQ(ask("/api/metrics/calls?service=a").status, 504);
  EXPECT_EQ(service.cancelled, 1);
}

TEST_F(JaegerApiTest, TooManyAtOnceAreTurnedAwayAtOnce) {
  options.max_in_flight = 0;
  const Response response = ask("/api/metrics/calls?service=a");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(header(response, "Retry-After"), "1");
  EXPECT_EQ(ask("/livez").status, 200);
}

TEST_F(JaegerApiTest, WithoutAStoreItIs501) {
  disabled = true;
  const Response response = ask("/api/metrics/calls?service=a");
  EXPECT_EQ(response.status, 501);
  EXPECT_NE(response.body_text().find("metrics querying is currently disabled"), std::string::npos);
}

TEST_F(JaegerApiTest, ARequestThatHasBeenHereIsRefused) {
  headers.add("Via", "1.1 jaeger-spm-proxy");
  EXPECT_EQ(ask("/api/metrics/calls?service=a").status, 508);
  EXPECT_EQ(ask("/livez").status, 200);
  EXPECT_EQ(service.calls, 0);
}

TEST_F(JaegerApiTest, TheCallersTokenTravelsOnlyWhenItMay) {
  headers.add("Authorization", "Bearer secret");
  ask("/api/metrics/calls?service=a");
  EXPECT_EQ(service.last_context.bearer_token, "");
  options.bearer_token_propagation = true;
  ask("/api/metrics/calls?service=a");
  EXPECT_EQ(service.last_context.bearer_token, "secret");
}

TEST_F(JaegerApiTest, NoticesAndFixedHeadersAreHeaders) {
  service.notices.push_back({service::NoticeKind::step_widened, "10000"});
  options.additional_headers.emplace_back("X-Frame-Options", "DENY");
  const Response response = ask("/api/metrics/calls?service=a");
  EXPECT_EQ(header(response, service::header_name(service::NoticeKind::step_widened)), "10000");
  EXPECT_EQ(header(response, "X-Frame-Options"), "DENY");
  EXPECT_EQ(header(ask("/nothing"), "X-Frame-Options"), "DENY");
  const FrontDoor door(options, {}, readiness);
  const base::Error error(base::ErrorKind::header_too_large, "too large");
  EXPECT_EQ(header(door.refuse({}, error), "X-Frame-Options"), "DENY");
  EXPECT_EQ(door.refuse({}, error).status, 431);
}

TEST_F(JaegerApiTest, CompressesWhenAsked) {
  headers.add("Accept-Encoding", "gzip");
  EXPECT_EQ(header(ask("/api/metrics/calls?service=a"), "Content-Encoding"), "gzip");
  EXPECT_EQ(header(ask("/api/metrics/calls?service=a&lookback=0"), "Content-Encoding"), "<none>");
}

TEST_F(JaegerApiTest, CorsIsOffUnlessConfigured) {
  headers.add("Origin", "https://ui.example");
  headers.add("Access-Control-Request-Method", "GET");
  EXPECT_EQ(header(ask("/api/metrics/calls?service=a"), "Access-Control-Allow-Origin"), "<none>");
  EXPECT_EQ(ask("/api/metrics/calls", "OPTIONS").status, 405);

  options.cors_origins = {"https://other.example", "https://ui.example"};
  const Response preflight = ask("/api/metrics/calls", "OPTIONS");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(header(preflight, "Access-Control-Allow-Origin"), "https://ui.example");
  EXPECT_EQ(header(preflight, "Access-Control-Allow-Methods"), "GET, HEAD");
  EXPECT_TRUE(preflight.headers.has_token("Vary", "Origin"));

  options.cors_origins = {"https://other.example"};
  EXPECT_EQ(header(ask("/api/metrics/calls?service=a"), "Access-Control-Allow-Origin"), "<none>");
  options.cors_origins = {"*"};
  EXPECT_EQ(header(ask("/api/metrics/calls?service=a"), "Access-Control-Allow-Origin"), "*");
}

TEST_F(JaegerApiTest, TellsWhatCachesDidAndWhichWindowWasUsed) {
  service.cache = service::CacheResult::partial;
  const Response response = ask("/api/metrics/calls?service=a&endTs=1795141800000&lookback=120000&step=60000");
  EXPECT_EQ(header(response, "X-SPM-Cache"), "partial; start=1795141680000; end=1795141800000; step=60000");
  service.mode = FakeService::Mode::fail;
  EXPECT_EQ(header(ask("/api/metrics/calls?service=a"), "X-SPM-Cache"), "<none>");
  EXPECT_EQ(header(ask("/api/metrics/minstep"), "X-SPM-Cache"), "<none>");
}

TEST_F(JaegerApiTest, OtherOriginsMayReadIt) {
  options.cors_origins = {"*"};
  headers.add("Origin", "http://a.example");
  const Response response = ask("/api/metrics/calls?service=a");
  EXPECT_TRUE(response.headers.has_token("Access-Control-Expose-Headers", "X-SPM-Cache"));
}

TEST_F(JaegerApiTest, NoCacheAsksForAFreshAnswer) {
  ask("/api/metrics/calls?service=a");
  EXPECT_FALSE(service.last_context.wants_fresh);
  headers.add("Cache-Control", "no-cache");
  ask("/api/metrics/calls?service=a");
  EXPECT_TRUE(service.last_context.wants_fresh);
}

class KeptJaegerAnswerTest : public JaegerApiTest {
 protected:
  KeptJaegerAnswerTest() {
    service.encodings = std::make_shared<service::Encodings>(io.get_executor(), [] {});
  }
  boost::asio::io_context io;
};

TEST_F(KeptJaegerAnswerTest, ItsBytesAreSharedByRequests) {
  const Response first = ask("/api/metrics/calls?service=a");
  const Response again = ask("/api/metrics/calls?service=a");
  EXPECT_EQ(first.body.get(), again.body.get());
  EXPECT_NE(ask("/api/metrics/calls?service=a&prettyPrint=true").body_text(), first.body_text());
  service.encodings.reset();
  const Response unkept = ask("/api/metrics/calls?service=a");
  EXPECT_NE(unkept.body.get(), first.body.get());
  EXPECT_EQ(unkept.body_text(), first.body_text());
}

TEST_F(KeptJaegerAnswerTest, ItIsPackedOnce) {
  const Response plain = ask("/api/metrics/calls?service=a");
  EXPECT_EQ(header(plain, "Vary"), "Accept-Encoding");
  headers.add("Accept-Encoding", "gzip");
  const Response first = ask("/api/metrics/calls?service=a");
  const Response again = ask("/api/metrics/calls?service=a");
  EXPECT_EQ(header(first, "Content-Encoding"), "gzip");
  EXPECT_EQ(first.headers.count("Content-Encoding"), 1U);
  EXPECT_EQ(first.headers.count("Vary"), 1U);
  EXPECT_EQ(header(first, "Vary"), "Accept-Encoding");
  EXPECT_EQ(first.body.get(), again.body.get());
  EXPECT_LT(first.body->size(), plain.body->size() / 3);
}

TEST_F(KeptJaegerAnswerTest, ASmallOneIsNotPacked) {
  headers.add("Accept-Encoding", "gzip");
  const Response small = ask("/api/metrics/calls?service=a&lookback=0");
  EXPECT_EQ(header(small, "Content-Encoding"), "<none>");
  EXPECT_TRUE(small.body_text().starts_with("{"));
}

}  // namespace
}  // namespace spm::http
