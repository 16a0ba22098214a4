#include "knowledge.hpp"

#include <gtest/gtest.h>

namespace spm::schema {
namespace {

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
