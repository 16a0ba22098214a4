#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/cache/shelf.hpp>

namespace spm::cache {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Block final : public Kept {
 public:
  explicit Block(std::size_t bytes, std::string caller = "anybody") : Kept(std::move(caller)), bytes_(bytes) {}

  std::size_t bytes() const override { return bytes_.load(); }
  std::string about() const override { return "block of " + std::to_string(bytes()); }
  void grow_to(std::size_t bytes) { bytes_ = bytes; }

 private:
  std::atomic<std::size_t> bytes_;
};

std::shared_ptr<Block> block(std::size_t bytes, std::string caller = "anybody") {
  return std::make_shared<Block>(bytes, std::move(caller));
}

class ShelfTest : public ::testing::Test {
 protected:
  bool holds(const std::string& key) { return shelf_.find(key) != nullptr; }

  telemetry::Metrics metrics_;
  Shelf shelf_{100'000, metrics_};
};

TEST_F(ShelfTest, FindsWhatWasPutUnderTheWholeKey) {
  const auto thing = block(10);
  EXPECT_TRUE(shelf_.put("key", thing));
  EXPECT_EQ(shelf_.find("key"), thing);
  EXPECT_EQ(shelf_.find("ke"), nullptr);
  EXPECT_EQ(shelf_.find("key2"), nullptr);
}

TEST_F(ShelfTest, TheLaterThingTakesThePlace) {
  shelf_.put("key", block(10'000));
  const std::size_t before = shelf_.contents(0).bytes;
  const auto later = block(10);
  shelf_.put("key", later);
  EXPECT_EQ(shelf_.find("key"), later);
  EXPECT_EQ(shelf_.contents(0).things, 1U);
  EXPECT_EQ(shelf_.contents(0).bytes, before - 12'487) << "a quarter more for the allocator";
}

TEST_F(ShelfTest, TheLeastRecentlyUsedGoesFirst) {
  for (const char* key : {"a", "b", "c", "d"}) shelf_.put(key, block(18'000));
  EXPECT_TRUE(holds("a"));
  shelf_.put("e", block(18'000));
  EXPECT_TRUE(holds("a"));
  EXPECT_FALSE(holds("b"));
  EXPECT_TRUE(holds("c"));
  EXPECT_THAT(metrics_.exposition(), HasSubstr("cache_evictions_total{reason=\"space\"} 1"));
}

TEST_F(ShelfTest, NeverHoldsMoreThanItsBytesWithKeysAndBooks) {
  for (int i = 0; i < 2'000; ++i) {
    shelf_.put(std::string(100, 'k') + std::to_string(i), block(0));
    ASSERT_LE(shelf_.contents(0).bytes, 100'000U);
  }
  EXPECT_LT(shelf_.contents(0).things, 300U) << "keys and books weigh too";
}

TEST_F(ShelfTest, RefusesWhatTakesMoreThanAQuarterAndForgetsWhatWasThere) {
  shelf_.put("key", block(10));
  EXPECT_FALSE(shelf_.put("key", block(25'001)));
  EXPECT_FALSE(holds("key"));
  EXPECT_EQ(shelf_.contents(0).bytes, 0U);
}

TEST_F(ShelfTest, WhatGrowsPushesOthersOut) {
  for (const char* key : {"a", "b", "c", "d"}) shelf_.put(key, block(17'000));
  const auto growing = block(10);
  shelf_.put("e", growing);
  growing->grow_to(19'000);
  shelf_.weigh_again("e", growing);
  EXPECT_TRUE(holds("e"));
  EXPECT_FALSE(holds("a"));
  EXPECT_TRUE(holds("b"));
}

TEST_F(ShelfTest, WhatGrowsOverAQuarterGoes) {
  const auto growing = block(10);
  shelf_.put("a", growing);
  growing->grow_to(25'001);
  shelf_.weigh_again("a", growing);
  EXPECT_FALSE(holds("a"));
  EXPECT_EQ(shelf_.contents(0).bytes, 0U);
}

TEST_F(ShelfTest, WhatIsNotKeptAnyMoreIsNotWeighed) {
  const auto former = block(10);
  shelf_.put("a", former);
  shelf_.put("a", block(10));
  const std::size_t before = shelf_.contents(0).bytes;
  former->grow_to(5'000);
  shelf_.weigh_again("a", former);
  shelf_.weigh_again("b", former);
  EXPECT_EQ(shelf_.contents(0).bytes, before);
}

TEST_F(ShelfTest, OneKindOfCallerIsForgottenAlone) {
  shelf_.put("a", block(10, "one"));
  shelf_.put("b", block(10, "other"));
  shelf_.put("c", block(10, "one"));
  shelf_.remove_caller("one");
  EXPECT_FALSE(holds("a"));
  EXPECT_TRUE(holds("b"));
  EXPECT_FALSE(holds("c"));
  shelf_.remove_caller("one");
  shelf_.remove_caller("nobody");
  EXPECT_EQ(shelf_.contents(0).things, 1U);
}

TEST_F(ShelfTest, RemovesOneAndAll) {
  shelf_.put("a", block(10));
  shelf_.put("b", block(10));
  shelf_.put("c", block(10));
  shelf_.remove("a");
  shelf_.remove("a");
  EXPECT_FALSE(holds("a"));
  EXPECT_TRUE(holds("b"));
  shelf_.clear();
  EXPECT_FALSE(holds("b"));
  EXPECT_EQ(shelf_.contents(0).bytes, 0U);
  EXPECT_TRUE(shelf_.put("b", block(10)));
  EXPECT_TRUE(holds("b"));
}

TEST_F(ShelfTest, TellsWhatItHoldsTheLastUsedFirst) {
  shelf_.put("a", block(1, "tenant-name"));
  shelf_.put("b", block(2));
  shelf_.put("c", block(3));
  static_cast<void>(shelf_.find("a"));
  static_cast<void>(shelf_.find("a"));
  const ShelfContents contents = shelf_.contents(2);
  EXPECT_EQ(contents.max_bytes, 100'000U);
  EXPECT_EQ(contents.things, 3U);
  ASSERT_THAT(contents.rows, SizeIs(2));
  EXPECT_EQ(contents.rows[0].about, "block of 1");
  EXPECT_EQ(contents.rows[0].uses, 2U);
  EXPECT_THAT(contents.rows[0].caller, Not(IsEmpty()));
  EXPECT_THAT(contents.rows[0].caller, Not(HasSubstr("tenant")));
  EXPECT_EQ(contents.rows[1].about, "block of 3");
  EXPECT_EQ(contents.rows[1].uses, 0U);
}

TEST_F(ShelfTest, TellsMetricsWhatItHolds) {
  shelf_.put("a", block(1));
  shelf_.put("b", block(1));
  EXPECT_THAT(metrics_.exposition(), HasSubstr("cache_things 2"));
  shelf_.clear();
  EXPECT_THAT(metrics_.exposition(), HasSubstr("cache_things 0"));
  EXPECT_THAT(metrics_.exposition(), HasSubstr("cache_bytes 0"));
}

/// Destroying it asks the shelf: that must not happen under the shelf's lock.
class Looking final : public Kept {
 public:
  explicit Looking(Shelf& shelf) : Kept("anybody"), shelf_(shelf) {}
  ~Looking() override { static_cast<void>(shelf_.find("x")); }
  std::size_t bytes() const override { return 20'000; }
  std::string about() const override { return "looking"; }

 private:
  Shelf& shelf_;
};

TEST_F(ShelfTest, NothingIsDestroyedUnderTheLock) {
  for (int i = 0; i < 6; ++i) shelf_.put("a" + std::to_string(i), std::make_shared<Looking>(shelf_));
  shelf_.put("a5", block(1));
  shelf_.remove("a4");
  shelf_.put("b", std::make_shared<Looking>(shelf_));
  shelf_.clear();
  shelf_.put("b", std::make_shared<Looking>(shelf_));
  shelf_.remove_caller("anybody");
  EXPECT_EQ(shelf_.contents(0).things, 0U);
}

TEST_F(ShelfTest, ManyThreadsAtOnceLeaveTheBooksRight) {
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < kThreads; ++seed) {
    threads.emplace_back([this, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 4'000; ++i) {
        const std::string key = "key" + std::to_string(random() % 20);
        const std::string caller = "caller" + std::to_string(random() % 3);
        const auto found = std::static_pointer_cast<Block>(shelf_.find(key));
        switch (random() % 8) {
          case 0:
            shelf_.remove(key);
            break;
          case 1:
            shelf_.remove_caller(caller);
            break;
          case 2:
            EXPECT_LE(shelf_.contents(3).bytes, 100'000U);
            break;
          case 3:
            if (found) {
              found->grow_to(random() % 26'000);
              shelf_.weigh_again(key, found);
            }
            break;
          default:
            shelf_.put(key, block(random() % 20'000, caller));
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // What each weighs now must be what the books say.
  std::size_t bytes = 0;
  const ShelfContents contents = shelf_.contents(100);
  for (const ShelfRow& row : contents.rows) bytes += row.bytes;
  EXPECT_EQ(contents.bytes, bytes);
  for (const char* caller : {"caller0", "caller1", "caller2"}) shelf_.remove_caller(caller);
  EXPECT_EQ(shelf_.contents(0).bytes, 0U);
  EXPECT_EQ(shelf_.contents(0).things, 0U);
}

}  // namespace
}  // namespace spm::cache
