#include <chrono>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "breaker.hpp"
#include "idle_pool.hpp"
#include "padded_buffer.hpp"

namespace spm::prometheus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = std::chrono::steady_clock::time_point;

const Time kStart{seconds{1'000}};

TEST(BreakerTest, OpensAfterFailuresInARowOnly) {
  Breaker breaker(5, seconds{5});
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) breaker.failure(kStart, "down");
    EXPECT_FALSE(breaker.open());
    breaker.success();
  }
  for (int i = 0; i < 5; ++i) breaker.failure(kStart, "down");
  EXPECT_TRUE(breaker.open());
  EXPECT_EQ(breaker.reason(), "down");
  EXPECT_EQ(breaker.enter(kStart + seconds{2}), seconds{3});
}

TEST(BreakerTest, LetsOneProbeThrough) {
  Breaker breaker(1, seconds{5});
  breaker.failure(kStart, "down");
  const Time later = kStart + seconds{5};
  EXPECT_FALSE(breaker.enter(later));
  EXPECT_TRUE(breaker.enter(later)) << "the second waits for the first";
  breaker.failure(later, "still down");
  EXPECT_EQ(breaker.enter(later), seconds{5});
  EXPECT_FALSE(breaker.enter(later + seconds{5}));
  breaker.success();
  EXPECT_FALSE(breaker.open());
  EXPECT_FALSE(breaker.enter(later + seconds{5}));
}

TEST(BreakerTest, AnAbandonedProbeMakesPlaceForAnother) {
  Breaker breaker(1, seconds{5});
  breaker.failure(kStart, "down");
  EXPECT_FALSE(breaker.enter(kStart + seconds{6}));
  breaker.abandoned();
  EXPECT_FALSE(breaker.enter(kStart + seconds{6}));
}

TEST(BreakerTest, LateFailuresDoNotProlongIt) {
  Breaker breaker(1, seconds{5});
  breaker.failure(kStart, "down");
  breaker.failure(kStart + seconds{4}, "late");
  EXPECT_FALSE(breaker.enter(kStart + seconds{5}));
}

TEST(RetryBudgetTest, IsAFifthOfTheRequestsAndTenSaved) {
  RetryBudget budget;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(budget.spend());
  EXPECT_FALSE(budget.spend());
  for (int i = 0; i < 4; ++i) budget.earn();
  EXPECT_FALSE(budget.spend());
  budget.earn();
  EXPECT_TRUE(budget.spend());
  EXPECT_FALSE(budget.spend());
  for (int i = 0; i < 1'000; ++i) budget.earn();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(budget.spend());
  EXPECT_FALSE(budget.spend());
}

class FakeConnection {
 public:
  FakeConnection(int id, Time born, std::uint64_t generation = 0, bool alive = true)
      : id_(id),
        born_(born),
        generation_(generation),
        alive_(alive) {}
  int id() const { return id_; }
  Time born() const { return born_; }
  std::uint64_t generation() const { return generation_; }
  bool looks_alive() const { return alive_; }

 private:
  int id_;
  Time born_;
  std::uint64_t generation_;
  bool alive_;
};

using FakePool = IdlePool<FakeConnection>;

IdleLimits limits() { return IdleLimits{2, seconds{30}, seconds{300}}; }

int take(FakePool& pool, Time now, std::uint64_t generation = 0) {
  const auto taken = pool.take(now, generation);
  return taken ? taken->id() : -1;
}

TEST(IdlePoolTest, GivesTheLatestAndKeepsFew) {
  FakePool pool(limits());
  for (int i = 0; i < 3; ++i) pool.put(std::make_unique<FakeConnection>(i, kStart), kStart);
  EXPECT_EQ(pool.size(), 2U);
  EXPECT_EQ(take(pool, kStart), 2);
  EXPECT_EQ(take(pool, kStart), 1);
  EXPECT_EQ(take(pool, kStart), -1);
}

TEST(IdlePoolTest, DropsTheIdleTheOldAndTheDead) {
  FakePool pool(limits());
  pool.put(std::make_unique<FakeConnection>(1, kStart), kStart);
  EXPECT_EQ(take(pool, kStart + seconds{30}), -1) << "idle too long";
  pool.put(std::make_unique<FakeConnection>(2, kStart), kStart + seconds{290});
  EXPECT_EQ(take(pool, kStart + seconds{300}), -1) << "too old, so that names are resolved again";
  pool.put(std::make_unique<FakeConnection>(3, kStart), kStart);
  pool.put(std::make_unique<FakeConnection>(4, kStart, 0, false), kStart);
  EXPECT_EQ(take(pool, kStart), 3) << "the dead one on top is passed over";
  EXPECT_EQ(pool.size(), 0U);
}

TEST(IdlePoolTest, DropsConnectionsMadeWithOldCertificates) {
  FakePool pool(limits());
  pool.put(std::make_unique<FakeConnection>(1, kStart, 0), kStart);
  EXPECT_EQ(take(pool, kStart, 1), -1);
  pool.put(std::make_unique<FakeConnection>(2, kStart, 1), kStart);
  EXPECT_EQ(take(pool, kStart, 1), 2);
}

TEST(PaddedBufferTest, GrowsToItsLimitAndIsPadded) {
  PaddedBuffer buffer;
  EXPECT_EQ(buffer.text(), "");
  std::string expected;
  for (int i = 0; i < 3'000; ++i) {
    ASSERT_TRUE(buffer.append("0123456789", 10, 30'000));
    expected += "0123456789";
  }
  EXPECT_FALSE(buffer.append("x", 1, 30'000));
  EXPECT_EQ(buffer.text(), expected);
  ASSERT_GE(buffer.allocated(), buffer.size() + PaddedBuffer::kPadding);
  for (std::size_t i = 0; i < PaddedBuffer::kPadding; ++i) EXPECT_EQ(buffer.data()[buffer.size() + i], '\0');
}

}  // namespace
}  // namespace spm::prometheus
