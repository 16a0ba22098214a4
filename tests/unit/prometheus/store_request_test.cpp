#include "store_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spm::prometheus {
namespace {

using base::ErrorKind;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(StoreRequestTest, EncodesEveryByteThatIsNotUnreserved) {
  EXPECT_EQ(encode_form({{"a b", "x&y=z+%\n\xc3\xa9~-._"}, {"c", ""}}), "a%20b=x%26y%3Dz%2B%25%0A%C3%A9~-._&c=");
}

TEST(StoreRequestTest, WritesExactTimes) {
  const RangeQuery query("up", model::TimeGrid{1'700'000'000'123, 333, 4});
  EXPECT_EQ(range_request(query, milliseconds{29'500}).form,
            "query=up&start=1700000000.123&end=1700000001.122&step=0.333&timeout=29500ms");
  // 1.001 * 1e9 is a nanosecond short of a millisecond.
  EXPECT_THAT(range_request(RangeQuery("up", model::TimeGrid{0, 1'001, 2}), milliseconds{1}).form,
              HasSubstr("&step=1001ms&"));
  EXPECT_THAT(range_request(RangeQuery("up", model::TimeGrid{0, 60'000, 2}), milliseconds{1}).form,
              HasSubstr("&step=60&"));
  EXPECT_EQ(instant_request(InstantQuery("up", 1'700'000'000'001), milliseconds{5}).form,
            "query=up&time=1700000000.001&timeout=5ms");
  EXPECT_EQ(instant_request(InstantQuery("up", std::nullopt), milliseconds{5}).form, "query=up&timeout=5ms");
  Listing of;
  of.selectors = {"{a=\"b\"}", "x"};
  of.start_ms = -1;
  of.end_ms = 1'700'000'000'010;
  const StoreRequest names = label_names_request(of);
  EXPECT_EQ(names.path, "/api/v1/labels");
  EXPECT_EQ(names.form, "match%5B%5D=%7Ba%3D%22b%22%7D&match%5B%5D=x&start=-0.001&end=1700000000.01");
  EXPECT_EQ(names.method, StoreRequest::Method::get);
}

TEST(StoreRequestTest, ALabelsNameCannotLeaveItsPlaceInThePath) {
  EXPECT_EQ(label_values_request("a", {})->path, "/api/v1/label/a/values");
  EXPECT_EQ(label_values_request("../../admin?x#é", {})->path, "/api/v1/label/..%2F..%2Fadmin%3Fx%23%C3%A9/values");
  for (const char* name : {"", ".", ".."}) {
    const auto request = label_values_request(name, {});
    ASSERT_FALSE(request) << name;
    EXPECT_EQ(request.error().kind, ErrorKind::query_rejected);
  }
}

TEST(StoreRequestTest, OnlyPlainPathsAreForwarded) {
  EXPECT_TRUE(forwarded_request("/api/v1/query", ""));
  for (const char* path : {"", "api", "//host/x", "/a?b", "/a#b", "/a/../b", "/a%2e", "/a b", "/a\r\nX: y"}) {
    const auto request = forwarded_request(path, "");
    ASSERT_FALSE(request) << path;
    EXPECT_EQ(request.error().kind, ErrorKind::internal);
  }
}

TEST(StoreRequestTest, SettingsGoBeforeTheCallersParameters) {
  const auto common = common_parameters({{"dedup", "true"}, {"extra_label", "a=b"}},
                                        {{"dedup", "false"}, {"extra_label[]", "a=c"}, {"partial_response", "0"}});
  ASSERT_TRUE(common);
  EXPECT_THAT(*common, ElementsAre(Pair("dedup", "true"), Pair("extra_label", "a=b"), Pair("partial_response", "0")));
}

TEST(StoreRequestTest, ACallerCannotSetWhatThisServiceSets) {
  for (const char* name : {"query", "match[]", "match", "start", "end", "time", "step", "timeout", "limit"}) {
    const auto common = common_parameters({}, {{name, "x"}});
    ASSERT_FALSE(common) << name;
    EXPECT_EQ(common.error().kind, ErrorKind::invalid_argument);
    EXPECT_EQ(common.error().parameter, name);
  }
}

TEST(StoreRequestTest, AForwardedFormLosesWhatTheSettingsName) {
  auto request = forwarded_request(
      "/api/v1/query", "query=up&dedup=false&%64edup=no&dedup[]=1&dedup&d%65dup%5B%5D=2&dedu=1&&a+b=1&x=%zz");
  ASSERT_TRUE(request);
  EXPECT_EQ(whole_form(*request, {{"dedup", "true"}, {"a b", "2"}}), "query=up&dedu=1&x=%zz&dedup=true&a%20b=2");
  EXPECT_EQ(whole_form(*request, {}),
            "query=up&dedup=false&%64edup=no&dedup[]=1&dedup&d%65dup%5B%5D=2&dedu=1&a+b=1&x=%zz");
}

TEST(StoreRequestTest, OwnFormsAreLeftAlone) {
  const StoreRequest names = label_names_request({});
  EXPECT_EQ(whole_form(names, {}), "");
  EXPECT_EQ(whole_form(names, {{"a", "b"}}), "a=b");
}

}  // namespace
}  // namespace spm::prometheus
