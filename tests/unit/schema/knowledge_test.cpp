#include "knowledge.hpp"

#include <gtest/gtest.h>

#include "caller_key.hpp"

namespace spm::schema {
namespace {

base::CallContext caller(std::string token, std::vector<std::pair<std::string, std::string>> parameters = {}) {
  base::CallContext context(base::Deadline::after(std::chrono::seconds(1)));
  context.bearer_token = std::move(token);
  context.store_parameters = std::move(parameters);
  return context;
}

TEST(CallerKeys, TellCallersApartAndKeepNoSecret) {
  const CallerKeys keys;
  EXPECT_EQ(keys.key_of(caller("")), "");
  EXPECT_EQ(keys.key_of(caller("s3cret")), keys.key_of(caller("s3cret")));
  EXPECT_NE(keys.key_of(caller("s3cret")), keys.key_of(caller("s3cres")));
  EXPECT_EQ(keys.key_of(caller("s3cret")).find("s3cret"), std::string::npos);
  EXPECT_NE(keys.key_of(caller("", {{"a", "bc"}})), keys.key_of(caller("", {{"ab", "c"}})));
  EXPECT_NE(keys.key_of(caller("a", {{"b", "c"}})), keys.key_of(caller("a", {{"b", "c"}, {"", ""}})));
  EXPECT_NE(keys.key_of(caller("a")), CallerKeys().key_of(caller("a")));  // each process has its own
}

TEST(KnowledgeTable, TheLeastRecentlyUsedGoes) {
  KnowledgeTable table(2);
  const auto a = table.of("a");
  const auto b = table.of("b");
  EXPECT_EQ(table.of("a"), a);
  const auto c = table.of("c");
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.of("a"), a);
  EXPECT_EQ(table.of("c"), c);
  EXPECT_NE(table.of("b"), b);
}

TEST(KnowledgeTable, RangesAreRememberedInABoundedWay) {
  Known known;
  EXPECT_EQ(known.of_range({1, 2}), nullptr);
  known.remember_range({1, 2}, nullptr);
  ASSERT_NE(known.of_range({1, 2}), nullptr);  // tried, and nothing found
  for (std::int64_t i = 10; i < 100; ++i) known.remember_range({i, i + 1}, nullptr);
  EXPECT_EQ(known.of_range({1, 2}), nullptr);
  EXPECT_NE(known.of_range({99, 100}), nullptr);
}

}  // namespace
}  // namespace spm::schema
