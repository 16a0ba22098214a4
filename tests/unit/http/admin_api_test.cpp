#include <gtest/gtest.h>

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

}  // namespace
}  // namespace spm::http
