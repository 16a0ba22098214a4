#include "error_mapping.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spm::prometheus {
namespace {

using base::ErrorKind;
using ::testing::HasSubstr;
using ::testing::Not;
using enum CredentialsSource;

constexpr std::string_view kStore = "http://store:9090";
constexpr std::int64_t kNow = 1'700'000'000;

StoreFailure map(unsigned status, std::string_view body, CredentialsSource credentials = none,
                 std::string_view retry_after = "", std::string_view location = "") {
  StoreReply reply;
  reply.status = status;
  reply.body = body;
  reply.retry_after = retry_after;
  reply.location = location;
  return map_store_failure(reply, credentials, kStore, kNow);
}

std::string error_json(std::string_view type, std::string_view text) {
  return R"({"status":"error","errorType":")" + std::string(type) + R"(","error":")" + std::string(text) + "\"}";
}

struct Row {
  const char* name;
  unsigned status;
  std::string body;
  CredentialsSource credentials;
  ErrorKind kind;
  bool may_retry;
  bool counts;
  const char* says;
};

class ErrorMapping : public ::testing::TestWithParam<Row> {};

TEST_P(ErrorMapping, HoldsItsRow) {
  const Row& row = GetParam();
  const StoreFailure failure = map(row.status, row.body, row.credentials);
  EXPECT_EQ(failure.error.kind, row.kind) << failure.error.message;
  EXPECT_EQ(failure.may_retry, row.may_retry);
  EXPECT_EQ(failure.counts_as_failure, row.counts);
  EXPECT_THAT(failure.error.message, HasSubstr(row.says));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ErrorMapping,
    ::testing::Values(
        Row{"gateway_500", 500, "boom", none, ErrorKind::store_misbehaved, true, true, "status 500"},
        Row{"store_500", 500, error_json("internal", "disk"), none, ErrorKind::store_misbehaved, true, true, "disk"},
        Row{"gateway_502", 502, "<html>", none, ErrorKind::store_misbehaved, true, true, "status 502"},
        Row{"gateway_503", 503, "", none, ErrorKind::store_misbehaved, true, true, "status 503"},
        Row{"gateway_504", 504, "", none, ErrorKind::store_misbehaved, true, true, "status 504"},
        Row{"store_timeout", 503, error_json("timeout", "query timed out"), none, ErrorKind::deadline_exceeded, false,
            false, "query timed out"},
        Row{"store_canceled", 503, error_json("canceled", "query was canceled"), none, ErrorKind::deadline_exceeded,
            false, false, "canceled"},
        Row{"store_canceled_499", 499, error_json("canceled", "x"), none, ErrorKind::deadline_exceeded, false, false,
            "x"},
        Row{"callers_401", 401, "", callers_token, ErrorKind::unauthenticated, false, false, "caller's token"},
        Row{"callers_403", 403, "", callers_token, ErrorKind::permission_denied, false, false, "caller's token"},
        Row{"token_401", 401, "", token_file, ErrorKind::store_refused_us, false, false, "PROMETHEUS_TOKEN_FILE"},
        Row{"token_403", 403, "", token_file, ErrorKind::store_refused_us, false, false, "PROMETHEUS_TOKEN_FILE"},
        Row{"basic_401", 401, "", basic_auth_file, ErrorKind::store_refused_us, false, false,
            "--store.basic-auth-file"},
        Row{"url_401", 401, "", url, ErrorKind::store_refused_us, false, false, "check PROMETHEUS_SERVER_URL"},
        Row{"header_403", 403, "", fixed_header, ErrorKind::store_refused_us, false, false, "--store.header"},
        Row{"nothing_401", 401, "", none, ErrorKind::store_refused_us, false, false, "set PROMETHEUS_TOKEN_FILE"},
        Row{"not_found", 404, "404 page not found", none, ErrorKind::store_misbehaved, false, false,
            "is the path in PROMETHEUS_SERVER_URL right?"},
        Row{"method", 405, "", none, ErrorKind::store_misbehaved, false, false, "status 405"},
        Row{"empty_success", 204, "", none, ErrorKind::store_misbehaved, false, false, "status 204"},
        Row{"too_large", 413, "", none, ErrorKind::store_misbehaved, false, false, "413"},
        Row{"limited", 429, "", none, ErrorKind::rate_limited, false, false, "429"},
        Row{"bad_data", 400, error_json("bad_data", "parse error"), none, ErrorKind::query_rejected, false, false,
            "parse error"},
        Row{"execution", 422,
            error_json("execution", "query processing would load too many samples into memory in query execution"),
            none, ErrorKind::query_rejected, false, false, "too many samples"},
        Row{"plain_400", 400, "limit exceeded", none, ErrorKind::query_rejected, false, false, "limit exceeded"},
        Row{"html_400", 400, "<html>plain HTTP to HTTPS port</html>", none, ErrorKind::store_misbehaved, false, false,
            "PROMETHEUS_SERVER_URL"},
        Row{"silent_400", 400, "", none, ErrorKind::store_misbehaved, false, false, "no reason"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(StoreFailureTest, PassesRetryAfterOn) {
  using std::chrono::seconds;
  EXPECT_EQ(map(429, "", none, "7").error.retry_after, seconds{7});
  EXPECT_EQ(map(429, "", none, "99999999").error.retry_after, seconds{3'600});
  EXPECT_EQ(map(429, "", none, "Tue, 14 Nov 2023 22:13:30 GMT").error.retry_after, seconds{10});
  EXPECT_EQ(map(429, "", none, "Tue, 14 Nov 2000 22:13:30 GMT").error.retry_after, seconds{0});
  EXPECT_FALSE(map(429, "", none, "soon").error.retry_after);
  EXPECT_FALSE(map(429, "", none, "").error.retry_after);
}

TEST(StoreFailureTest, TellsAStoreThatLacksAnEndpointFromAWrongPath) {
  const auto kind_of = [](unsigned status, std::string_view body, bool optional) {
    StoreReply reply;
    reply.status = status;
    reply.body = body;
    reply.endpoint = optional ? StoreRequest::Endpoint::optional : StoreRequest::Endpoint::required;
    return map_store_failure(reply, none, "http://store", 0).error.kind;
  };
  const std::string said = error_json("not_found", "no such endpoint");
  EXPECT_EQ(kind_of(405, "", true), ErrorKind::query_rejected);
  EXPECT_EQ(kind_of(404, said, true), ErrorKind::query_rejected);
  EXPECT_EQ(kind_of(404, "404 page not found", true), ErrorKind::store_misbehaved);
  EXPECT_EQ(kind_of(404, said, false), ErrorKind::store_misbehaved);
}

TEST(StoreFailureTest, NamesOnlyTheHostOfARedirect) {
  const auto failure = map(302, "", none, "", "https://user:secret@login.example:8443/a?token=t");
  EXPECT_EQ(failure.error.kind, ErrorKind::store_misbehaved);
  EXPECT_FALSE(failure.may_retry);
  EXPECT_THAT(failure.error.message, HasSubstr("https://login.example:8443"));
  EXPECT_THAT(failure.error.message, Not(HasSubstr("secret")));
  EXPECT_THAT(failure.error.message, Not(HasSubstr("token=t")));
  EXPECT_THAT(map(301, "", none, "", "/graph").error.message, HasSubstr("elsewhere"));
}

TEST(StoreFailureTest, MakesTheStoresWordsPrintableAndShort) {
  const auto failure = map(400, error_json("bad_data", "a\\nb" + std::string(5'000, 'x')));
  EXPECT_THAT(failure.error.message, HasSubstr("a\\x0ab"));
  EXPECT_LT(failure.error.message.size(), 1'200U);
}

TEST(StoreFailureTest, KeepsPagesForTheLogOnly) {
  const auto failure = map(502, "<html>internal-host-7</html>");
  EXPECT_THAT(failure.error.message, Not(HasSubstr("internal-host-7")));
  EXPECT_THAT(failure.error.log_detail, HasSubstr("internal-host-7"));
}

}  // namespace
}  // namespace spm::prometheus
