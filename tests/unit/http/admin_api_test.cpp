#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <spm/http/admin_api.hpp>

#include "fakes.hpp"

namespace spm::http {
namespace {

Response ask(const Readiness& readiness, std::string_view path, std::string_view method = "GET") {
  const telemetry::Metrics metrics;
  Request request;
  request.head.method = method;
  request.head.target = path;
  request.head.path = path;
  AdminApi api(readiness, metrics);
  return run(api.handle(request));
}

TEST(AdminApi, AnswersProbes) {
  FakeReadiness readiness;
  EXPECT_EQ(ask(readiness, "/livez").status, 200);
  EXPECT_EQ(ask(readiness, "/readyz").body_text(), "ready\n");
  readiness.current = {false, "no answer from the store yet", ""};
  EXPECT_EQ(ask(readiness, "/readyz").status, 503);
  EXPECT_EQ(ask(readiness, "/readyz").body_text(), "not ready: no answer from the store yet\n");
  EXPECT_EQ(ask(readiness, "/livez").status, 200);
  EXPECT_EQ(ask(readiness, "/", "OPTIONS").status, 200);
}

TEST(AdminApi, ServesMetricsInPrometheusTextFormat) {
  const FakeReadiness readiness;
  const Response response = ask(readiness, "/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.content_type.starts_with("text/plain; version=0.0.4"));
  EXPECT_NE(response.body_text().find("# TYPE "), std::string_view::npos);
  EXPECT_EQ(ask(readiness, "/metrics", "POST").status, 405);
}

TEST(AdminApi, KnowsNothingElse) {
  const FakeReadiness readiness;
  EXPECT_EQ(ask(readiness, "/").status, 404);
  EXPECT_EQ(ask(readiness, "/api/metrics/calls").status, 404);
}

class Thing final : public cache::Kept {
 public:
  explicit Thing(std::string caller) : Kept(std::move(caller)) {}
  std::size_t bytes() const override { return 1'000; }
  std::string about() const override { return "a \xff thing"; }
};

class CacheAdminTest : public ::testing::Test {
 protected:
  CacheAdminTest() {
    request.head.target = "/api/spm/cache";
    request.head.path = "/api/spm/cache";
    shelf.put("a", std::make_shared<Thing>("tenant"));
    shelf.put("b", std::make_shared<Thing>("tenant"));
  }

  Response get() {
    request.head.method = "GET";
    return send();
  }
  Response post(std::string body, std::string type = "application/json") {
    request.head.method = "POST";
    if (!type.empty()) request.head.headers.add("Content-Type", std::move(type));
    request.body = std::move(body);
    return send();
  }
  Response send() {
    AdminApi api(readiness, metrics, held, cache::CacheMode::exact);
    return run(api.handle(request));
  }
  std::size_t things() const { return shelf.contents(0).things; }

  FakeReadiness readiness;
  telemetry::Metrics metrics;
  cache::Shelf shelf{1'000'000, metrics};
  cache::Shelf* held = &shelf;
  Request request;
};

TEST_F(CacheAdminTest, ShowsWhatIsHeld) {
  const Response response = get();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  const auto told = nlohmann::json::parse(response.body_text());
  EXPECT_EQ(told.at("mode"), "exact");
  EXPECT_EQ(told.at("max_bytes"), 1'000'000);
  EXPECT_GE(told.at("bytes"), 2'000);
  EXPECT_EQ(told.at("things"), 2);
  ASSERT_EQ(told.at("rows").size(), 2U);
  const auto& row = told.at("rows")[0];
  EXPECT_EQ(row.at("about"), "a \xEF\xBF\xBD thing");
  EXPECT_GE(row.at("bytes"), 1'000);
  EXPECT_GE(row.at("age_ms"), 0);
  EXPECT_GE(row.at("unused_ms"), 0);
  EXPECT_TRUE(row.contains("uses"));
  EXPECT_EQ(row.at("caller").get<std::string>().find("tenant"), std::string::npos);
}

TEST_F(CacheAdminTest, WithoutACacheItSaysSo) {
  held = nullptr;
  EXPECT_EQ(get().body_text(), R"({"mode":"off"})");
  EXPECT_EQ(post(R"({"clear":true})").status, 200);
}

TEST_F(CacheAdminTest, ClearEmptiesItAndTellsHowMuchThatWas) {
  const Response response = post(R"( {"clear": true} )", "Application/JSON; charset=utf-8");
  EXPECT_EQ(response.status, 200);
  const auto told = nlohmann::json::parse(response.body_text());
  EXPECT_EQ(told.at("cleared").at("things"), 2);
  EXPECT_GE(told.at("cleared").at("bytes"), 2'000);
  EXPECT_EQ(things(), 0U);
}

TEST_F(CacheAdminTest, OtherCommandsChangeNothing) {
  for (const char* body : {"", "{", "null", "[]", R"({"clear":false})", R"({"clear":1})", R"({"clear":true,"x":1})",
                           R"({"action":"clear"})", R"("clear")"}) {
    request.head.headers = Headers();
    EXPECT_EQ(post(body).status, 400) << body;
  }
  EXPECT_EQ(things(), 2U);
}

TEST_F(CacheAdminTest, FormsOfWebPagesChangeNothing) {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"}) {
    request.head.headers = Headers();
    EXPECT_EQ(post(R"({"clear":true})", type).status, 415) << type;
  }
  request.head.headers = Headers();
  request.head.headers.add("Origin", "null");
  EXPECT_EQ(post(R"({"clear":true})").status, 403);
  EXPECT_EQ(things(), 2U);
}

TEST_F(CacheAdminTest, OnlySmallCommandsToThisPathAreReadAtAll) {
  AdminApi api(readiness, metrics, held);
  RequestHead head;
  head.method = "POST";
  head.path = "/api/spm/cache";
  EXPECT_EQ(api.body_limit(head), 1'024U);
  head.path = "/metrics";
  EXPECT_EQ(api.body_limit(head), 0U);
  head.path = "/api/spm/cache";
  head.method = "GET";
  EXPECT_EQ(api.body_limit(head), 0U);
}

TEST_F(CacheAdminTest, OtherMethodsAre405) {
  request.head.method = "DELETE";
  const Response response = send();
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(*response.headers.find("allow"), "GET, HEAD, POST");
}

}  // namespace
}  // namespace spm::http
