#include <limits>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rate_cache_fixture.hpp"

/// When what is kept holds no more.
namespace spm::cache::test {
namespace {

using base::CallContext;
using base::ErrorKind;
using rates::RateQuery;
using rates::Reuse;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::size_t kTail = 11;

class RateCacheDoubtTest : public RateCacheFixture {
 protected:
  /// All that a group sends from now on waits until it is let go.
  void hold_back(SyntheticGroup& group) {
    group.arrives = [this, from = clocks_.true_ms](std::int64_t time_ms) -> std::optional<std::int64_t> {
      return time_ms < from ? time_ms : std::max(time_ms, let_go_);
    };
  }
  CallContext with_token(std::string token) {
    CallContext context = patient();
    context.bearer_token = std::move(token);
    return context;
  }

  std::int64_t let_go_ = std::numeric_limits<std::int64_t>::max();
};

TEST_F(RateCacheDoubtTest, LateDataDropsAllAndWidensTheOverlap) {
  check(question());
  hold_back(store_.groups[1]);
  for (int i = 0; i < 20; ++i) {
    clocks_.pass(minutes{1});
    check(question());
  }
  let_go_ = clocks_.true_ms + 1;
  clocks_.pass(minutes{1});
  check(question());
  EXPECT_THAT(points_read(), ElementsAre(kTail + 1, 60)) << "points that were final long ago are others too";
  EXPECT_TRUE(was_evicted("late_data", 1));
  EXPECT_THAT(*lines_, HasSubstr("overlap_for_an_hour=20m"));
  clocks_.pass(minutes{1});
  check(question());
  EXPECT_THAT(points_read(), ElementsAre(22));
}

TEST_F(RateCacheDoubtTest, AnHourWithoutLateDataMakesTheOverlapNormal) {
  check(question());
  hold_back(store_.groups[1]);
  for (int i = 0; i < 8; ++i) {
    clocks_.pass(minutes{1});
    check(question());
  }
  let_go_ = clocks_.true_ms + 1;
  for (int i = 0; i < 62; ++i) {
    clocks_.pass(minutes{1});
    check(question());
  }
  clocks_.pass(minutes{1});
  check(question());
  clocks_.pass(minutes{1});
  check(question());
  EXPECT_EQ(points_read().back(), kTail + 1);
  EXPECT_TRUE(was_evicted("late_data", 1));
}

TEST_F(RateCacheDoubtTest, DataThatComesWithinHalfTheOverlapIsNotLate) {
  for (SyntheticGroup& group : store_.groups) {
    group.arrives = [](std::int64_t time_ms) { return time_ms + 4 * kMinute; };
    group.wrong_until = [](std::int64_t time_ms) { return time_ms + 290'000; };
  }
  for (int i = 0; i < 30; ++i) {
    check(question());
    clocks_.pass(minutes{1});
  }
  EXPECT_FALSE(was_evicted("late_data", 1));
}

TEST_F(RateCacheDoubtTest, AStoreThatNeverSaysTheLastBitsTwiceIsNotLate) {
  for (int i = 0; i < 20; ++i) {
    store_.last_bits = 1.0 + i % 3 * 2.3e-16;
    ask(question());
    clocks_.pass(minutes{1});
  }
  EXPECT_EQ(points_read().back(), kTail + 1);
  EXPECT_FALSE(was_evicted("late_data", 1));
  EXPECT_FALSE(was_evicted("beginning", 1));
}

TEST_F(RateCacheDoubtTest, AWholeReadThatFindsLateDataIsKeptAtOnce) {
  check(question(60));
  hold_back(store_.groups[1]);
  clocks_.pass(minutes{9});
  check(question(60));
  let_go_ = clocks_.true_ms;
  check(question(100));
  EXPECT_EQ(points_read(), std::vector<std::size_t>{100});
  EXPECT_TRUE(was_evicted("late_data", 1));
  EXPECT_EQ(check(question(100))->report.reuse, Reuse::hit);
}

TEST_F(RateCacheDoubtTest, TheBeginningIsReadAgainEveryFiveMinutes) {
  check(question());
  for (int i = 1; i <= 12; ++i) {
    clocks_.pass(minutes{1});
    check(question());
    if (i % 5 == 0) {
      EXPECT_THAT(points_read(), ElementsAre(1, kTail + 1)) << i;
    } else {
      EXPECT_THAT(points_read(), ElementsAre(kTail + 1)) << i;
    }
  }
}

TEST_F(RateCacheDoubtTest, WhatTheStoreHasDeletedIsForgotten) {
  check(question());
  clocks_.pass(minutes{5});
  store_.keeps_from_ms = question().grid.at(20);
  check(question());
  EXPECT_THAT(points_read(), ElementsAre(1, 60));
  EXPECT_TRUE(was_evicted("beginning", 1));
  clocks_.pass(minutes{5});
  check(question());
  EXPECT_EQ(store_.reads[0].grid.start_ms, store_.keeps_from_ms) << "the first point that is there";
  EXPECT_FALSE(was_evicted("beginning", 2));
}

TEST_F(RateCacheDoubtTest, AnotherEraIsReadWhole) {
  check(question());
  clocks_.pass(minutes{1});
  ++store_.era;
  check(question());
  EXPECT_THAT(points_read(), ElementsAre(kTail + 1, 60));
  EXPECT_TRUE(was_evicted("era", 1));
  EXPECT_EQ(check(question())->report.reuse, Reuse::hit);
}

TEST_F(RateCacheDoubtTest, AnotherRepairOfBucketsIsReadWhole) {
  check(question());
  clocks_.pass(minutes{1});
  store_.repair = rates::BucketRepair::ignore_small_gaps;
  check(question());
  EXPECT_THAT(points_read(), ElementsAre(kTail + 1, 60));
}

TEST_F(RateCacheDoubtTest, AStepOfTheWallClockForgets) {
  check(question());
  clocks_.wall_error_ms = 2'000;
  EXPECT_EQ(check(question())->report.reuse, Reuse::hit) << "clocks are put right a little all the time";
  clocks_.wall_error_ms = 2'001;
  EXPECT_EQ(check(question())->report.reuse, Reuse::miss);
  clocks_.wall_error_ms = -1;
  EXPECT_EQ(check(question())->report.reuse, Reuse::miss);
  EXPECT_TRUE(was_evicted("clock", 2));
}

TEST_F(RateCacheDoubtTest, NothingIsOlderThanItsAge) {
  check(question());
  for (int i = 1; i < 60; ++i) {
    clocks_.pass(minutes{1});
    EXPECT_EQ(check(question())->report.reuse, Reuse::partial) << i;
  }
  clocks_.pass(minutes{1});
  EXPECT_EQ(check(question())->report.reuse, Reuse::miss);
  EXPECT_TRUE(was_evicted("age", 1));
}

TEST_F(RateCacheDoubtTest, ATokenIsShownToTheStoreOnceAMinute) {
  RateQuery query = question();
  ask(query, with_token("a"));
  clocks_.pass(seconds{59});
  EXPECT_EQ(ask(query, with_token("a"))->report.reuse, Reuse::hit);
  clocks_.pass(seconds{2});
  EXPECT_EQ(ask(query, with_token("a"))->report.reuse, Reuse::partial);
  query.grid.start_ms -= 100 * kMinute;
  store_.groups[0].to_ms = query.grid.last_ms() + kMinute;
  ask(query, with_token("b"));
  clocks_.pass(seconds{50});
  EXPECT_EQ(ask(query, with_token("b"))->report.reuse, Reuse::hit);
}

TEST_F(RateCacheDoubtTest, ARefusedTokenGetsNothingAndLosesAllThatWasKeptForIt) {
  for (const ErrorKind refusal : {ErrorKind::unauthenticated, ErrorKind::permission_denied}) {
    ask(question(), with_token("a"));
    ask(question(), with_token("b"));
    clocks_.pass(seconds{61});
    store_.fails_by = refusal;
    const auto refused = outcome(question(), with_token("a"));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, refusal);
    store_.fails_by.reset();
    EXPECT_EQ(ask(question(), with_token("a"))->report.reuse, Reuse::miss);
    EXPECT_EQ(ask(question(), with_token("b"))->report.reuse, Reuse::partial) << "another token's";
    clocks_.pass(minutes{60});
  }
}

TEST_F(RateCacheDoubtTest, AnAnswerThatWasOnItsWayWhenAllWasForgottenIsNotKept) {
  const auto slow = begin(question());
  store_.before_answer = [this] { shelf_->remove_caller(callers_.kind_of(patient())); };
  settle();
  store_.before_answer = nullptr;
  ASSERT_TRUE(slow->outcome->has_value());
  EXPECT_EQ(check(question())->report.reuse, Reuse::miss);
}

}  // namespace
}  // namespace spm::cache::test
