#include "path.hpp"

#include <gtest/gtest.h>

namespace spm::http {
namespace {

TEST(DecodePath, DecodesOnce) {
  EXPECT_EQ(decode_path("/"), "/");
  EXPECT_EQ(decode_path("/api/metrics/calls"), "/api/metrics/calls");
  EXPECT_EQ(decode_path("/api/metrics/c%61lls"), "/api/metrics/calls");
  EXPECT_EQ(decode_path("/a%2541"), "/a%41");
  EXPECT_EQ(decode_path("/a+b"), "/a+b");
  EXPECT_EQ(decode_path("/a/"), "/a/");
}

TEST(DecodePath, RefusesWhatCouldLeadElsewhere) {
  for (const char* path :
       {"",        "a",    "//",     "//a",    "/a//b",  "/a//",  "/.",   "/..",   "/a/../b", "/a/./b", "/%2e%2e/a",
        "/.%2E/a", "/%2e", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b", "/%00", "/a%0a", "/%",      "/%zz"}) {
    EXPECT_EQ(decode_path(path), std::nullopt) << path;
  }
}

TEST(BelowBase, StripsTheBasePath) {
  EXPECT_EQ(below_base("/api", "/"), "/api");
  EXPECT_EQ(below_base("/api", ""), "/api");
  EXPECT_EQ(below_base("/jaeger/api", "/jaeger"), "/api");
  EXPECT_EQ(below_base("/jaeger/api", "/jaeger/"), "/api");
  EXPECT_EQ(below_base("/jaeger/", "/jaeger"), "/");
  EXPECT_EQ(below_base("/jaeger", "/jaeger"), std::nullopt);
  EXPECT_EQ(below_base("/jaegerapi/x", "/jaeger"), std::nullopt);
  EXPECT_EQ(below_base("/api", "/jaeger"), std::nullopt);
}

}  // namespace
}  // namespace spm::http
