#include "call_metadata.hpp"

#include <set>

#include <gtest/gtest.h>

namespace spm::grpc {
namespace {

Metadata one(const char* key, const char* value) { return {{key, value}}; }

TEST(BearerToken, ComesFromAuthorizationInAnyLetterCase) {
  EXPECT_EQ(read_bearer_token(one("authorization", "Bearer abc.def")), "abc.def");
  EXPECT_EQ(read_bearer_token(one("authorization", "bearer  abc ")), "abc");
  EXPECT_EQ(read_bearer_token(one("authorization", "BEARER abc")), "abc");
}

TEST(BearerToken, OtherSchemesAreNone) {
  for (const char* value : {"Basic dXNlcjpwYXNz", "Bearer", "Bearer ", "Bearerabc", "", "abc"}) {
    EXPECT_EQ(read_bearer_token(one("authorization", value)), "") << value;
  }
  EXPECT_EQ(read_bearer_token({}), "");
}

TEST(BearerToken, JaegersOwnKeyAndTheForwardedOneComeNext) {
  EXPECT_EQ(read_bearer_token(one("bearer.token", "abc")), "abc");
  EXPECT_EQ(read_bearer_token(one("x-forwarded-access-token", "abc")), "abc");
  const Metadata all = {
      {"x-forwarded-access-token", "third"}, {"bearer.token", "second"}, {"authorization", "Bearer first"}};
  EXPECT_EQ(read_bearer_token(all), "first");
}

TEST(BearerToken, MustFitIntoAHeader) {
  EXPECT_EQ(read_bearer_token(one("authorization", "Bearer a b")), "");
  EXPECT_EQ(read_bearer_token(one("bearer.token", "a\r\nX-Scope-OrgID: other")), "");
}

TEST(WantsFresh, IsSaidAsOverHttp) {
  EXPECT_FALSE(wants_fresh({}));
  EXPECT_TRUE(wants_fresh(one("cache-control", "no-cache")));
  EXPECT_TRUE(wants_fresh(one("cache-control", "max-age=0 , No-Store")));
  EXPECT_FALSE(wants_fresh(one("cache-control", "max-age=0")));
  EXPECT_TRUE(wants_fresh({{"cache-control", "max-age=0"}, {"cache-control", "no-cache"}}));
  EXPECT_TRUE(wants_fresh(one("pragma", "no-cache")));
  EXPECT_FALSE(wants_fresh({{"cache-control", "max-age=60"}, {"pragma", "no-cache"}}));
}

TEST(Traceparent, IsTakenWhenWellFormed) {
  const char* good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(read_traceparent(one("traceparent", good)), good);
}

TEST(Traceparent, IsDroppedWhenNot) {
  for (const char* bad : {
           "",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\r\n",
       }) {
    EXPECT_EQ(read_traceparent(one("traceparent", bad)), "") << bad;
  }
}

TEST(RequestId, IsTheCallersWhenItIsAPlainWord) {
  EXPECT_EQ(read_or_make_request_id(one("x-request-id", "abc-1_2.3")), "abc-1_2.3");
  const std::string longest(128, 'a');
  EXPECT_EQ(read_or_make_request_id(one("x-request-id", longest.c_str())), longest);
}

TEST(RequestId, IsNewOtherwiseAndEachTimeAnother) {
  const std::string too_long(129, 'a');
  std::set<std::string> ids;
  for (const char* given : {"", "a b", "a\nb", "\xC3\xA9", too_long.c_str()}) {
    const std::string id = read_or_make_request_id(one("x-request-id", given));
    EXPECT_EQ(id.size(), 16U);
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
    ids.insert(id);
  }
  ids.insert(read_or_make_request_id({}));
  EXPECT_EQ(ids.size(), 6U);
}

TEST(MetadataValue, IsPrintableAscii) {
  EXPECT_EQ(metadata_value("step widened from 5s to 10s"), "step widened from 5s to 10s");
  EXPECT_EQ(metadata_value("100% \u00e9\n"), "100%25 %C3%A9%0A");
  EXPECT_EQ(metadata_value(" x "), "x");
}

TEST(MetadataValue, IsBounded) {
  EXPECT_EQ(metadata_value(std::string(5'000, 'x')).size(), 1'000U);
  const std::string escaped = metadata_value(std::string(5'000, '\xff'));
  EXPECT_EQ(escaped.size(), 999U);
  EXPECT_TRUE(escaped.ends_with("%FF"));
}

TEST(MetadataKey, IsTheHeaderNameInLowerCase) { EXPECT_EQ(metadata_key("X-SPM-Step"), "x-spm-step"); }

}  // namespace
}  // namespace spm::grpc
