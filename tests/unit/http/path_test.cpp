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

std::optional<std::vector<std::string>> segments(std::string_view raw, std::string_view base_path = "/") {
  auto path = split_path(raw, base_path);
  if (!path) return std::nullopt;
  return std::move(path->segments);
}
using Segments = std::vector<std::string>;

TEST(SplitPath, DecodesEachSegmentOnce) {
  EXPECT_EQ(segments("/api/metrics"), (Segments{"api", "metrics"}));
  EXPECT_EQ(segments("/api/a%2Fb/c%0Ad/e%2541"), (Segments{"api", "a/b", "c\nd", "e%41"}));
  EXPECT_EQ(segments("/a+b"), (Segments{"a+b"}));
  EXPECT_EQ(segments(""), Segments{});
}

TEST(SplitPath, RefusesWhatCouldLeadElsewhere) {
  for (const char* path :
       {"/", "//", "//a", "/a//b", "/a/", "/.", "/..", "/a/../b", "/%2e%2e/a", "/.%2E/a", "/%", "a"}) {
    EXPECT_EQ(segments(path), std::nullopt) << path;
  }
}

TEST(SplitPath, StripsTheBasePath) {
  EXPECT_EQ(segments("/jaeger/ui/api", "/jaeger/ui"), (Segments{"api"}));
  EXPECT_EQ(segments("/jaeger/ui/api", "/jaeger/ui/"), (Segments{"api"}));
  EXPECT_EQ(segments("/jaeger/ui", "/jaeger/ui"), Segments{});
  EXPECT_EQ(segments("/jaeger", "/jaeger/ui"), std::nullopt);
  EXPECT_EQ(segments("/jaegerui/api", "/jaeger"), std::nullopt);
  EXPECT_EQ(segments("/api", "/jaeger"), std::nullopt);
}

}  // namespace
}  // namespace spm::http
