#include <gtest/gtest.h>

#include <spm/base/caller_text.hpp>

namespace spm::base {
namespace {

constexpr std::string_view kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(RequestId, IsAWordOfBoundedLength) {
  EXPECT_TRUE(is_request_id("a.B_9-"));
  EXPECT_TRUE(is_request_id(std::string(128, 'x')));
  for (const std::string& bad : {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a\nb")}) {
    EXPECT_FALSE(is_request_id(bad)) << bad;
  }
  EXPECT_TRUE(is_request_id(new_request_id()));
  EXPECT_NE(new_request_id(), new_request_id());
}

TEST(Traceparent, IsCheckedAsTheStandardHasIt) {
  EXPECT_TRUE(is_traceparent(kParent));
  EXPECT_TRUE(is_traceparent("01" + std::string(kParent.substr(2)) + "-more"));
  EXPECT_FALSE(is_traceparent(std::string(kParent) + "-more"));
  EXPECT_FALSE(is_traceparent("ff" + std::string(kParent.substr(2))));
  EXPECT_FALSE(is_traceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
  EXPECT_FALSE(is_traceparent("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"));
  EXPECT_FALSE(is_traceparent("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"));
  EXPECT_FALSE(is_traceparent(""));
}

TEST(BearerToken, IsWhatStandsBehindTheScheme) {
  EXPECT_EQ(bearer_token_in("Bearer abc.def"), "abc.def");
  EXPECT_EQ(bearer_token_in("  bEARER \t abc "), "abc");
  for (const char* other :
       {"", "Bearer", "Bearer ", "Basic abc", "Bearerabc", "Bearer a b", "Bearer a\x01", "Bearer \xc3\xa4"}) {
    EXPECT_EQ(bearer_token_in(other), "") << other;
  }
}

}  // namespace
}  // namespace spm::base
