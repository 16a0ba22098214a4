#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include <spm/http/diagnosis_api.hpp>
#include <spm/http/front_door.hpp>

#include "fakes.hpp"

namespace spm::http {
namespace {

/// Tells what it was told, at once or when `gate` is cancelled.
class FakeDiagnosis final : public diagnosis::Diagnosis {
 public:
  boost::asio::awaitable<base::Result<diagnosis::Report>> examine(const base::CallContext& context) override {
    ++examinations;
    token = context.bearer_token;
    if (gate != nullptr) co_await gate->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    co_return report;
  }

  base::Result<diagnosis::Report> report = diagnosis::Report();
  boost::asio::steady_timer* gate = nullptr;
  int examinations = 0;
  std::string token;
};

class DiagnosisApiTest : public ::testing::Test {
 protected:
  static Request request(std::string_view target, std::string_view method = "GET") {
    Request made;
    made.head.method = method;
    made.head.target = target;
    made.head.path = target.substr(0, target.find('?'));
    if (const std::size_t question = target.find('?'); question != std::string_view::npos) {
      made.head.query = target.substr(question + 1);
    }
    return made;
  }
  Response ask(std::string_view target, std::string_view method = "GET") {
    Request asked = request(target, method);
    asked.head.headers = headers;
    FrontDoor door(options, {&api}, readiness);
    return run(door.handle(asked));
  }

  FrontDoorOptions options;
  Headers headers;
  FakeReadiness readiness;
  FakeDiagnosis diagnosis;
  DiagnosisApi api{&diagnosis};
};

TEST_F(DiagnosisApiTest, AnswersWithTheReport) {
  diagnosis.report->store.version = "2.42.0";
  const Response response = ask("/api/spm/diagnosis");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.route, "diagnosis");
  EXPECT_TRUE(response.body_text().starts_with(R"({"healthy":true,)")) << response.body_text();
  EXPECT_NE(response.body_text().find(R"("version":"2.42.0")"), std::string_view::npos);
}

TEST_F(DiagnosisApiTest, ProblemsAreStill200) {
  diagnosis.report->findings.emplace_back();
  const Response response = ask("/api/spm/diagnosis");
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(response.body_text().starts_with(R"({"healthy":false,)")) << response.body_text();
}

TEST_F(DiagnosisApiTest, PrettyPrintIndents) {
  EXPECT_TRUE(ask("/api/spm/diagnosis?prettyPrint=true").body_text().starts_with("{\n    \"healthy\": true"));
}

TEST_F(DiagnosisApiTest, StandsBelowTheBasePathOnly) {
  options.base_path = "/jaeger";
  EXPECT_EQ(ask("/jaeger/api/spm/diagnosis").status, 200);
  EXPECT_EQ(ask("/api/spm/diagnosis").status, 404);
  EXPECT_EQ(ask("/jaeger/api/spm/diagnosis/more").status, 404);
  EXPECT_EQ(ask("/jaeger/api/spm/diagnosis", "POST").status, 405);
}

TEST_F(DiagnosisApiTest, TheCallersTokenIsTheOneUsed) {
  options.bearer_token_propagation = true;
  headers.add("Authorization", "Bearer abc");
  ask("/api/spm/diagnosis");
  EXPECT_EQ(diagnosis.token, "abc");
}

TEST_F(DiagnosisApiTest, WithoutAStoreThereIsNothingToExamine) {
  DiagnosisApi without(nullptr);
  FrontDoor door(options, {&without}, readiness);
  const Request asked = request("/api/spm/diagnosis");
  EXPECT_EQ(run(door.handle(asked)).status, 501);
}

TEST_F(DiagnosisApiTest, AFailureIsJaegersEnvelope) {
  diagnosis.report = base::fail(base::ErrorKind::internal, "no report");
  const Response response = ask("/api/spm/diagnosis");
  EXPECT_EQ(response.status, 500);
  EXPECT_NE(response.body_text().find(R"("code":500)"), std::string_view::npos);
}

TEST_F(DiagnosisApiTest, OneTooManyAtOnceIsTurnedAway) {
  boost::asio::io_context io;
  boost::asio::steady_timer gate(io, std::chrono::hours{1});
  diagnosis.gate = &gate;
  FrontDoor door(options, {&api}, readiness);
  const Request asked = request("/api/spm/diagnosis");
  std::vector<int> statuses;
  std::string retry_after;
  for (std::size_t i = 0; i < DiagnosisApi::kMaxAtOnce + 1; ++i) {
    boost::asio::co_spawn(io, door.handle(asked), [&](const std::exception_ptr&, const Response& response) {
      statuses.push_back(response.status);
      if (response.status != 503) return;
      const std::string* value = response.headers.find("Retry-After");
      if (value != nullptr) retry_after = *value;
      gate.cancel();
    });
  }
  io.run();
  EXPECT_EQ(statuses, (std::vector<int>{503, 200, 200}));
  EXPECT_EQ(retry_after, "2");
  EXPECT_EQ(diagnosis.examinations, 2);

  diagnosis.gate = nullptr;
  EXPECT_EQ(run(door.handle(asked)).status, 200) << "places are given back";
}

}  // namespace
}  // namespace spm::http
