#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/cache/rate_cache.hpp>

#include "rate_cache_fixture.hpp"

namespace spm::cache::test {
namespace {

using base::CallContext;
using base::ErrorKind;
using rates::RateAnswerPtr;
using rates::RateQuery;
using rates::Reuse;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Points younger than the overlap of ten minutes, when the last minute has just begun, and the newest.
constexpr std::size_t kTail = 11;

class RateCacheTest : public RateCacheFixture {};

TEST_F(RateCacheTest, TheSameGridAgainIsTheSameMatrixAndAsksNobody) {
  const RateAnswerPtr first = check(question());
  EXPECT_EQ(first->report.reuse, Reuse::miss);
  EXPECT_THAT(points_read(), ElementsAre(60));
  clocks_.pass(seconds{30});
  const RateAnswerPtr second = ask(question());
  EXPECT_EQ(second->report.reuse, Reuse::hit);
  EXPECT_THAT(store_.reads, IsEmpty());
  EXPECT_EQ(second->columns[0].second, first->columns[0].second) << "no copy";
  EXPECT_EQ(second->era, first->era);
}

TEST_F(RateCacheTest, AMovedWindowReadsTheOverlapAndWhatIsNew) {
  check(question());
  clocks_.pass(minutes{1});
  const RateAnswerPtr moved = check(question());
  EXPECT_EQ(moved->report.reuse, Reuse::partial);
  EXPECT_THAT(points_read(), ElementsAre(kTail + 1));
  EXPECT_EQ(store_.reads[0].grid.last_ms(), question().grid.last_ms());
  check(question());
  EXPECT_THAT(store_.reads, IsEmpty());
}

TEST_F(RateCacheTest, PointsThatAreNotFinalAreGivenOutForOneStepOnly) {
  const RateQuery query = question();
  check(query);
  clocks_.pass(milliseconds{59'999});
  EXPECT_EQ(ask(query)->report.reuse, Reuse::hit);
  clocks_.pass(milliseconds{1});
  EXPECT_EQ(ask(query)->report.reuse, Reuse::partial);
  EXPECT_THAT(points_read(), ElementsAre(kTail));
}

TEST_F(RateCacheTest, LongStepsDoNotMakePointsStayLonger) {
  RateQuery query = question();
  query.grid = {query.grid.start_ms, 10 * kMinute, 6};
  check(query);
  clocks_.pass(minutes{1});
  EXPECT_EQ(ask(query)->report.reuse, Reuse::partial);
}

TEST_F(RateCacheTest, AWindowThatEndsLongAgoIsFinal) {
  RateQuery query = question();
  query.grid.start_ms -= 100 * kMinute;
  store_.groups[0].to_ms = query.grid.last_ms() + 50 * kMinute;
  check(query);
  clocks_.pass(minutes{4});
  check(query);
  // How far the store's data goes is not known from within the window.
  EXPECT_THAT(points_read(), ElementsAre(kTail));
}

TEST_F(RateCacheTest, WhatIsMissingAtTheEndIsNeverFinal) {
  const std::int64_t silent_from = clocks_.true_ms / kMinute * kMinute - 30 * kMinute;
  std::int64_t speaks_again = std::numeric_limits<std::int64_t>::max();
  for (SyntheticGroup& group : store_.groups) {
    group.arrives = [&, silent_from](std::int64_t time_ms) -> std::optional<std::int64_t> {
      return time_ms < silent_from ? time_ms : std::max(time_ms, speaks_again);
    };
  }
  check(question());
  for (int i = 0; i < 5; ++i) {
    clocks_.pass(minutes{1});
    check(question());
    EXPECT_EQ(points_read().back(), 31 + kTail + static_cast<std::size_t>(i) + 1);
  }
  speaks_again = clocks_.true_ms + 1;
  clocks_.pass(minutes{1});
  check(question());
  clocks_.pass(minutes{1});
  check(question());
}

TEST_F(RateCacheTest, ASilentPartDoesNotMakeTheOthersBeReadAgain) {
  RateQuery query = question();
  query.needed = {by({"service"}), failed_by({"service"})};
  check(query);
  clocks_.pass(minutes{1});
  query.grid = question().grid;
  check(query);
  EXPECT_THAT(points_read(), ElementsAre(kTail + 1));
}

TEST_F(RateCacheTest, AnEmptyAnswerIsReadAgainWhole) {
  store_.groups.clear();
  check(question());
  clocks_.pass(seconds{10});
  EXPECT_EQ(check(question())->report.reuse, Reuse::hit);
  clocks_.pass(minutes{1});
  check(question());
  EXPECT_THAT(points_read(), ElementsAre(60));
}

TEST_F(RateCacheTest, GroupsComeAndGoWithTheWindow) {
  store_.groups.push_back({"old", std::numeric_limits<std::int64_t>::min(), question().grid.at(20)});
  store_.groups.push_back({"new", question().grid.last_ms() + 3 * kMinute});
  for (int i = 0; i < 60; ++i) {
    check(question());
    clocks_.pass(minutes{1});
  }
}

TEST_F(RateCacheTest, WelcomePartsAreKeptAndServeTheNextQuestion) {
  RateQuery query = question();
  query.welcome = {by({"service", "operation"}), failed_by({"service"})};
  check(query);
  std::swap(query.needed, query.welcome);
  EXPECT_EQ(check(query)->report.reuse, Reuse::hit);
  clocks_.pass(minutes{1});
  query.grid = question().grid;
  check(query);
  EXPECT_THAT(points_read(), ElementsAre(kTail + 1));
  std::swap(query.needed, query.welcome);
  EXPECT_EQ(check(query)->report.reuse, Reuse::hit) << "the tail of what was welcome was joined too";
}

TEST_F(RateCacheTest, TheTailAloneOfAPartIsNotKept) {
  RateQuery query = question();
  check(query);
  clocks_.pass(minutes{1});
  query.grid = question().grid;
  query.welcome = {by({"service", "operation"})};
  check(query);
  EXPECT_THAT(points_read(), ElementsAre(kTail + 1));
  std::swap(query.needed, query.welcome);
  EXPECT_EQ(check(query)->report.reuse, Reuse::miss);
}

TEST_F(RateCacheTest, OtherLookbacksOfOnePhaseShareOneExtent) {
  check(question(200));
  EXPECT_EQ(check(question(60))->report.reuse, Reuse::hit);
  EXPECT_EQ(check(question(150))->report.reuse, Reuse::hit);
  clocks_.pass(minutes{1});
  EXPECT_EQ(check(question(60))->report.reuse, Reuse::partial);
  EXPECT_EQ(check(question(200))->report.reuse, Reuse::hit) << "the beginning was not lost";
  EXPECT_EQ(check(question(201))->report.reuse, Reuse::miss);
}

TEST_F(RateCacheTest, WhatNobodyAskedForInTheLastMinutesIsTrimmed) {
  check(question(1'000));
  const std::size_t before = shelf_->contents(0).bytes;
  for (int i = 0; i < 25; ++i) {
    clocks_.pass(minutes{1});
    check(question(60));
  }
  EXPECT_LT(shelf_->contents(0).bytes, before / 2);
  EXPECT_EQ(check(question(60))->report.reuse, Reuse::hit);
}

TEST_F(RateCacheTest, WhoLooksAtAnotherTimeDoesNotTakeThePlaceOfTheNewest) {
  check(question());
  RateQuery earlier = question();
  earlier.grid.start_ms -= 30 * kMinute;
  EXPECT_EQ(check(earlier)->report.reuse, Reuse::miss);
  EXPECT_EQ(check(question())->report.reuse, Reuse::hit);
  RateQuery within = question(30);
  within.grid.start_ms -= 5 * kMinute;
  clocks_.pass(minutes{1});
  EXPECT_EQ(check(within)->report.reuse, Reuse::partial);
  EXPECT_THAT(points_read(), ElementsAre(kTail - 5));
}

TEST_F(RateCacheTest, OtherPhasesAreKeptApart) {
  check(question());
  RateQuery query = question();
  query.grid.start_ms -= 1;
  EXPECT_EQ(check(query)->report.reuse, Reuse::miss);
  EXPECT_EQ(check(query)->report.reuse, Reuse::hit);
  EXPECT_EQ(check(question())->report.reuse, Reuse::hit);
}

TEST_F(RateCacheTest, EveryFieldOfTheQuestionCounts) {
  const std::vector<std::function<void(RateQuery&)>> changes = {
      [](RateQuery&) {},
      [](RateQuery& query) { query.metric = "calls"; },
      [](RateQuery& query) { query.matchers[0].label = "service"; },
      [](RateQuery& query) { query.matchers[0].op = promql::MatchOp::regex; },
      [](RateQuery& query) { query.matchers[0].value = "back"; },
      [](RateQuery& query) { query.matchers.clear(); },
      [](RateQuery& query) { query.window_ms += 1; },
      [](RateQuery& query) {
        query.grid = {query.grid.start_ms, 2 * kMinute, 30};
      },
      [](RateQuery& query) {
        query.needed[0].by = {"service", "le"};
      },
      [](RateQuery& query) { query.needed[0].by = {"servicele"}; },
      [](RateQuery& query) { query.needed[0] = failed_by({"service"}); },
      [](RateQuery& query) {
        query.needed[0].only = rates::LabelFilter{"status", {"ERROR", "2"}};
      },
  };
  for (int round = 0; round < 2; ++round) {
    for (const auto& change : changes) {
      RateQuery query = question();
      change(query);
      EXPECT_EQ(check(query)->report.reuse, round == 0 ? Reuse::miss : Reuse::hit);
    }
  }
}

TEST_F(RateCacheTest, EveryKindOfCallerHasItsOwn) {
  const std::vector<std::function<void(CallContext&)>> changes = {
      [](CallContext&) {},
      [](CallContext& context) { context.tenant = "a"; },
      [](CallContext& context) { context.bearer_token = "a"; },
      [](CallContext& context) { context.bearer_token = "b"; },
      [](CallContext& context) {
        context.store_parameters = {{"dedup", "true"}};
      },
  };
  for (int round = 0; round < 2; ++round) {
    for (const auto& change : changes) {
      CallContext context = patient();
      change(context);
      EXPECT_EQ(ask(question(), context)->report.reuse, round == 0 ? Reuse::miss : Reuse::hit);
    }
  }
}

TEST_F(RateCacheTest, ErrorsWarningsAndMissingColumnsAreNotKept) {
  store_.fails_by = ErrorKind::store_unreachable;
  const auto failed = outcome(question());
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().kind, ErrorKind::store_unreachable);
  store_.fails_by.reset();

  store_.warnings = {"half of the data is away"};
  EXPECT_EQ(ask(question())->warnings, store_.warnings);
  EXPECT_EQ(ask(question())->report.reuse, Reuse::miss);
  store_.warnings.clear();

  store_.has_columns = false;
  EXPECT_EQ(ask(question()), nullptr);
  store_.has_columns = true;

  EXPECT_EQ(check(question())->report.reuse, Reuse::miss);
  clocks_.pass(minutes{1});
  store_.has_columns = false;
  EXPECT_EQ(ask(question()), nullptr);
  store_.has_columns = true;
  store_.fails_by = ErrorKind::rate_limited;
  EXPECT_FALSE(outcome(question()).has_value());
  store_.fails_by.reset();
  store_.warnings = {"half of the data is away"};
  EXPECT_EQ(ask(question())->warnings, store_.warnings);
  store_.warnings.clear();
  EXPECT_EQ(check(question())->report.reuse, Reuse::partial) << "what was kept is kept on";
}

TEST_F(RateCacheTest, AnEndThatNobodyCanKnowYetIsPassedBy) {
  RateQuery query = question();
  query.grid.points += 3;
  EXPECT_EQ(check(query)->report.reuse, Reuse::none);
  EXPECT_EQ(check(query)->report.reuse, Reuse::none);
  EXPECT_EQ(check(question())->report.reuse, Reuse::miss);
}

TEST_F(RateCacheTest, WhoWantsItFreshReadsAllAndOthersGetThat) {
  const RateAnswerPtr first = check(question());
  CallContext context = patient();
  context.wants_fresh = true;
  const RateAnswerPtr fresh = ask(question(), context);
  EXPECT_EQ(fresh->report.reuse, Reuse::none);
  EXPECT_THAT(points_read(), ElementsAre(60));
  EXPECT_NE(fresh->columns[0].second, first->columns[0].second);
  EXPECT_EQ(ask(question())->columns[0].second, fresh->columns[0].second);
}

TEST_F(RateCacheTest, TooMuchToKeepIsAnsweredAllTheSame) {
  use(20'000);
  EXPECT_EQ(check(question(2'000))->report.reuse, Reuse::miss);
  EXPECT_EQ(check(question(2'000))->report.reuse, Reuse::miss);
  EXPECT_LE(shelf_->contents(0).bytes, 20'000U);
}

TEST_F(RateCacheTest, QuestionsSideBySideKeepOneAnswer) {
  check(question());
  clocks_.pass(minutes{1});
  std::vector<std::shared_ptr<Asking>> callers;
  for (int i = 0; i < 4; ++i) callers.push_back(begin(question()));
  settle();
  for (const auto& caller : callers) EXPECT_TRUE(is_the_stores(question(), **caller->outcome));
  EXPECT_EQ(check(question())->report.reuse, Reuse::hit);
}

TEST_F(RateCacheTest, ACallerThatGoesLeavesNoTrace) {
  check(question());
  clocks_.pass(minutes{6});
  const std::size_t before = shelf_->contents(0).things;
  store_.hangs = true;
  store_.reads.clear();
  const auto caller = begin(question());
  settle();
  ASSERT_THAT(store_.reads, SizeIs(1));
  ASSERT_FALSE(caller->outcome.has_value());
  caller->gone.emit(boost::asio::cancellation_type::terminal);
  settle();
  ASSERT_TRUE(caller->outcome.has_value());
  EXPECT_FALSE(caller->outcome->has_value());
  EXPECT_EQ(shelf_->contents(0).things, before);
  store_.hangs = false;
  check(question());
  EXPECT_THAT(points_read(), ElementsAre(1, kTail + 6)) << "the beginning is looked at by the next one";
}

TEST_F(RateCacheTest, SaysWhatItHolds) {
  check(question());
  const ShelfContents contents = shelf_->contents(10);
  ASSERT_THAT(contents.rows, SizeIs(2));
  EXPECT_THAT(contents.rows[0].about + contents.rows[1].about,
              HasSubstr("calls_total{service_name=\"shop\"} every 1m by (service): 2 groups, 60 points"));
}

}  // namespace
}  // namespace spm::cache::test
