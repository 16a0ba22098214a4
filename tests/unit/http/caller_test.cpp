#include "caller.hpp"

#include <gtest/gtest.h>

namespace spm::http {
namespace {

Headers one(const char* name, std::string value) {
  Headers headers;
  headers.add(name, std::move(value));
  return headers;
}

TEST(RequestId, TakesAHarmlessOneAndMakesOneElse) {
  EXPECT_EQ(request_id(one("x-request-id", "abc-DEF_1.2")), "abc-DEF_1.2");
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\nb"), std::string(129, 'a'),
                                 std::string("\xC3\xA9"), std::string("a;b")}) {
    const std::string id = request_id(one("X-Request-Id", bad));
    EXPECT_EQ(id.size(), 16U) << bad;
    EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
  EXPECT_NE(request_id(Headers()), request_id(Headers()));
}

TEST(BearerToken, PrefersAuthorization) {
  Headers both = one("Authorization", "bearer  tok.en");
  both.add("X-Forwarded-Access-Token", "other");
  EXPECT_EQ(bearer_token(both), "tok.en");
  EXPECT_EQ(bearer_token(one("X-Forwarded-Access-Token", "other")), "other");
  Headers basic = one("Authorization", "Basic dTpw");
  EXPECT_EQ(bearer_token(basic), "");
  basic.add("X-Forwarded-Access-Token", "other");
  EXPECT_EQ(bearer_token(basic), "other");
}

TEST(BearerToken, DoubtfulOnesAreNone) {
  EXPECT_EQ(bearer_token(Headers()), "");
  EXPECT_EQ(bearer_token(one("Authorization", "Bearer ")), "");
  EXPECT_EQ(bearer_token(one("Authorization", "Bearer a b")), "");
  EXPECT_EQ(bearer_token(one("X-Forwarded-Access-Token", "a\tb")), "");
  Headers twice = one("Authorization", "Bearer a");
  twice.add("authorization", "Bearer b");
  EXPECT_EQ(bearer_token(twice), "");
}

TEST(Traceparent, OnlyWellFormedOnesTravelOn) {
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  EXPECT_EQ(traceparent(one("traceparent", good)), good);
  EXPECT_EQ(traceparent(one("traceparent", "01" + good.substr(2) + "-more")), "01" + good.substr(2) + "-more");
  const std::string bad_ones[] = {good + "-more",
                                  "ff" + good.substr(2),
                                  good.substr(1),
                                  std::string(55, '0'),
                                  "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                  "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                                  "00-4BF92F3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"};
  for (const std::string& bad : bad_ones) EXPECT_EQ(traceparent(one("traceparent", bad)), "") << bad;
  Headers twice = one("traceparent", good);
  twice.add("traceparent", good);
  EXPECT_EQ(traceparent(twice), "");
}

TEST(WantsFresh, IsSaidByCacheControlOrWithoutItByPragma) {
  EXPECT_FALSE(wants_fresh(Headers()));
  EXPECT_TRUE(wants_fresh(one("Cache-Control", "no-cache")));
  EXPECT_TRUE(wants_fresh(one("cache-control", "max-age=0, No-Store")));
  EXPECT_FALSE(wants_fresh(one("Cache-Control", "max-age=0")));
  EXPECT_FALSE(wants_fresh(one("Cache-Control", "no-cache-at-all")));
  EXPECT_TRUE(wants_fresh(one("Pragma", "no-cache")));
  Headers both = one("Cache-Control", "max-age=60");
  both.add("Pragma", "no-cache");
  EXPECT_FALSE(wants_fresh(both));
}

TEST(CameThroughUs, ReadsEveryVia) {
  EXPECT_TRUE(came_through_us(one("Via", "1.1 jaeger-spm-proxy")));
  EXPECT_TRUE(came_through_us(one("via", "1.0 nginx, 1.1 Jaeger-SPM-Proxy (x)")));
  EXPECT_FALSE(came_through_us(one("Via", "1.1 nginx")));
  EXPECT_FALSE(came_through_us(one("Via", "1.1 jaeger-spm-proxy2")));
  EXPECT_FALSE(came_through_us(one("Via", "jaeger-spm-proxy")));
  EXPECT_FALSE(came_through_us(Headers()));
}

}  // namespace
}  // namespace spm::http
