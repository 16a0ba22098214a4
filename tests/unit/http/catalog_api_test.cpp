#include <gtest/gtest.h>

#include <spm/http/catalog_api.hpp>
#include <spm/http/front_door.hpp>

#include "fakes.hpp"

namespace spm::http {
namespace {

using service::ListWindow;
using service::NameList;
using service::OperationList;

/// Answers what it is told to, and remembers what it was asked.
class FakeCatalog final : public service::Catalog {
 public:
  boost::asio::awaitable<base::Result<NameList>> services(ListWindow window, const base::CallContext& /*c*/) override {
    asked = "services";
    last_window = window;
    co_return answer_for("");
  }
  boost::asio::awaitable<base::Result<NameList>> operations(std::string service, ListWindow /*w*/,
                                                            const base::CallContext& /*c*/) override {
    asked = "operations of " + service;
    co_return answer_for(service);
  }
  boost::asio::awaitable<base::Result<OperationList>> operations_by_kind(std::string service,
                                                                         std::optional<model::SpanKind> kind,
                                                                         const base::CallContext& /*c*/) override {
    asked += "[" + service + " " + (kind ? std::string(model::label_value(*kind)) : "any") + "]";
    if (error) co_return base::fail(*error);
    OperationList operations;
    if (service == known) operations.operations = {{"lets-go", "server"}};
    co_return operations;
  }
  boost::asio::awaitable<base::Result<NameList>> span_kinds(ListWindow /*w*/, const base::CallContext& /*c*/) override {
    co_return NameList();
  }
  boost::asio::awaitable<base::Result<NameList>> attribute_values(std::string key, std::optional<std::string> service,
                                                                  std::optional<std::int64_t> lookback_ms,
                                                                  const base::CallContext& /*c*/) override {
    asked += "[" + key + " of " + service.value_or("all") + " in " +
             (lookback_ms ? std::to_string(*lookback_ms) : "the default") + "]";
    co_return answer_for(service.value_or(""));
  }

  base::Result<NameList> answer_for(const std::string& service) const {
    if (error) return base::fail(*error);
    return service.empty() || service == known ? list : NameList();
  }

  std::string asked;
  ListWindow last_window;
  std::string known = "demo.svc";
  NameList list;
  std::optional<base::Error> error;
};

class CatalogApiTest : public ::testing::Test {
 protected:
  Response get(const std::string& target) {
    catalog.asked.clear();
    Request request;
    request.head.method = "GET";
    request.head.target = target;
    const std::size_t mark = target.find('?');
    request.head.path = target.substr(0, mark);
    if (mark != std::string::npos) request.head.query = target.substr(mark + 1);
    CatalogApi api(disabled ? nullptr : &catalog);
    FrontDoor door(FrontDoorOptions(), {&api}, readiness);
    return run(door.handle(request));
  }
  std::string body(const std::string& target) {
    const Response response = get(target);
    EXPECT_EQ(response.status, 200) << target;
    return std::string(response.body_text());
  }

  FakeCatalog catalog;
  FakeReadiness readiness;
  bool disabled = false;
};

constexpr std::string_view kEmpty = R"({"data":null,"total":0,"limit":0,"offset":0,"errors":null})";

TEST_F(CatalogApiTest, ListsAreInJaegersShapes) {
  catalog.list.names = {"demo.svc"};
  constexpr std::string_view kOne = R"({"data":["demo.svc"],"total":1,"limit":0,"offset":0,"errors":null})";
  EXPECT_EQ(body("/api/services"), kOne);
  EXPECT_FALSE(catalog.last_window.start_ms || catalog.last_window.end_ms);
  EXPECT_EQ(body("/api/services/demo.svc/operations"), kOne);
  EXPECT_EQ(body("/api/metrics/attributes?key=service_name"), kOne);
  EXPECT_EQ(body("/api/operations?service=demo.svc"),
            R"({"data":[{"name":"lets-go","spanKind":"server"}],"total":1,"limit":0,"offset":0,"errors":null})");
  catalog.list.names = {"a\"b", "c"};
  EXPECT_EQ(body("/api/services"), R"({"data":["a\"b","c"],"total":2,"limit":0,"offset":0,"errors":null})");
}

TEST_F(CatalogApiTest, AnUnknownServiceIsAnEmptyList) {
  catalog.list.names = {"x"};
  EXPECT_EQ(body("/api/services/nobody/operations"), kEmpty);
  EXPECT_EQ(body("/api/operations?service=nobody"), kEmpty);
  EXPECT_EQ(body("/api/metrics/attributes?key=k&service=nobody"), kEmpty);
}

TEST_F(CatalogApiTest, ASegmentOfThePathNamesAnyService) {
  body("/api/services/a%2Fb%20%25/operations");
  EXPECT_EQ(catalog.asked, "operations of a/b %");
  body("/api/services/a+b/operations");
  EXPECT_EQ(catalog.asked, "operations of a+b");
  EXPECT_EQ(get("/api/services//operations").status, 404);
  EXPECT_EQ(get("/api/services/x").status, 404);
}

TEST_F(CatalogApiTest, ReadsItsParameters) {
  body("/api/operations?service=demo.svc&spanKind=SERVER");
  EXPECT_EQ(catalog.asked, "[demo.svc SPAN_KIND_SERVER]");
  body("/api/operations?service=demo.svc&spanKind=");
  EXPECT_EQ(catalog.asked, "[demo.svc any]");
  body("/api/metrics/attributes?key=http.method&service=");
  EXPECT_EQ(catalog.asked, "[http.method of all in the default]");
  catalog.list.names = {"GET"};
  body("/api/metrics/attributes?key=http.method&service=demo.svc&lookback=60000");
  EXPECT_EQ(catalog.asked, "[http.method of demo.svc in 60000]");
}

TEST_F(CatalogApiTest, RefusesWhatCannotMeanAnything) {
  const std::pair<const char*, const char*> cases[] = {
      {"/api/operations", "'service'"},
      {"/api/operations?service=", "'service'"},
      {"/api/operations?service=a&spanKind=foo", "'spanKind'"},
      {"/api/metrics/attributes", "'key'"},
      {"/api/metrics/attributes?key=a&lookback=1h", "'lookback'"},
      {"/api/metrics/attributes?key=a&lookback=0", "'lookback'"},
  };
  for (const auto& [target, named] : cases) {
    const Response response = get(target);
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_NE(response.body_text().find(named), std::string::npos) << response.body_text();
    EXPECT_TRUE(
        response.body_text().starts_with(R"({"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":400)"));
    EXPECT_TRUE(catalog.asked.empty()) << target;
  }
}

TEST_F(CatalogApiTest, ARawPlusIsReadAgainWhereTheSpaceFindsNothing) {
  catalog.known = "a+b";
  const Response response = get("/api/operations?service=a+b");
  EXPECT_EQ(catalog.asked, "[a b any][a+b any]");
  EXPECT_NE(response.body_text().find("lets-go"), std::string::npos);
  EXPECT_NE(response.headers.find("X-SPM-Services"), nullptr);
  catalog.list.names = {"x"};
  body("/api/metrics/attributes?key=k&service=a+b");
  EXPECT_EQ(catalog.asked, "[k of a b in the default][k of a+b in the default]");
}

TEST_F(CatalogApiTest, ACutAndNoticesAreHeaders) {
  catalog.list.names = {"x"};
  EXPECT_EQ(get("/api/services").headers.find("X-SPM-Cut"), nullptr);
  catalog.list.cut = true;
  catalog.list.notices = {{service::NoticeKind::store_warning, "half of it"}};
  const Response response = get("/api/services");
  ASSERT_NE(response.headers.find("X-SPM-Cut"), nullptr);
  EXPECT_NE(response.headers.find("X-SPM-Cut")->find("10000"), std::string::npos);
  ASSERT_NE(response.headers.find("X-SPM-Warning"), nullptr);
  EXPECT_EQ(*response.headers.find("X-SPM-Warning"), "half of it");
}

TEST_F(CatalogApiTest, PrettyPrintIndents) {
  catalog.list.names = {"x"};
  EXPECT_EQ(body("/api/services?prettyPrint=true"),
            "{\n    \"data\": [\n        \"x\"\n    ],\n    \"total\": 1,\n    \"limit\": 0,\n    \"offset\": 0,\n"
            "    \"errors\": null\n}");
}

TEST_F(CatalogApiTest, FailuresKeepTheirStatus) {
  catalog.error = base::Error(base::ErrorKind::store_unreachable, "the store is away");
  EXPECT_EQ(get("/api/services").status, 502);
  EXPECT_EQ(get("/api/operations?service=a").status, 502);
  EXPECT_EQ(get("/api/metrics/attributes?key=a").status, 502);
  catalog.error = base::invalid_parameter("key", "no such label");
  EXPECT_EQ(get("/api/metrics/attributes?key=a").status, 400);
  disabled = true;
  EXPECT_EQ(get("/api/services").status, 501);
  EXPECT_EQ(get("/api/services/a/operations").status, 501);
}

}  // namespace
}  // namespace spm::http
