#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "rate_cache_fixture.hpp"

/// A store whose data changes in all ways that stores know; the cache must say what the store says.
namespace spm::cache::test {
namespace {

using rates::RateAnswerPtr;
using rates::RateQuery;
using std::chrono::milliseconds;

constexpr int kQuestions = 250;

class RateCacheRandomTest : public RateCacheFixture, public ::testing::WithParamInterface<unsigned> {
 protected:
  std::size_t up_to(std::size_t most) { return random_() % (most + 1); }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(up_to(static_cast<std::size_t>(most - least)));
  }
  bool one_in(std::size_t times) { return random_() % times == 0; }

  /// The same for the same time, and unlike for others.
  std::int64_t delay_at(std::int64_t time_ms, unsigned salt) const {
    const auto mixed = (static_cast<std::uint64_t>(time_ms) + salt) * 0x9E3779B97F4A7C15U;
    return static_cast<std::int64_t>((mixed >> 40U) % static_cast<std::uint64_t>(longest_delay_ms_));
  }

  SyntheticGroup any_group() {
    SyntheticGroup group;
    group.name = "group" + std::to_string(named_++);
    group.failed = one_in(3);
    if (one_in(2)) group.from_ms = clocks_.true_ms + between(-200, 60) * kMinute;
    if (one_in(2)) group.to_ms = clocks_.true_ms + between(-100, 200) * kMinute;
    const bool has_gap = one_in(2);
    const std::int64_t gap_from = clocks_.true_ms + between(-60, 60) * kMinute;
    const std::int64_t gap_to = gap_from + between(1, 40) * kMinute;
    const auto salt = static_cast<unsigned>(random_());
    group.arrives = [=, this](std::int64_t time_ms) -> std::optional<std::int64_t> {
      if (has_gap && time_ms >= gap_from && time_ms < gap_to) return std::nullopt;
      return time_ms + delay_at(time_ms, salt);
    };
    group.wrong_until = [=, this](std::int64_t time_ms) { return time_ms + delay_at(time_ms, salt + 1); };
    return group;
  }

  SyntheticGroup steady_group() {
    SyntheticGroup group;
    group.name = "group" + std::to_string(named_++);
    group.failed = true;
    const auto salt = static_cast<unsigned>(random_());
    group.arrives = [=, this](std::int64_t time_ms) { return time_ms + delay_at(time_ms, salt); };
    return group;
  }

  /// Some of a group's newest data, and all that it sends until then, comes only at the time that is returned.
  std::int64_t hold_back(SyntheticGroup& group) {
    const std::int64_t from = clocks_.true_ms - 4 * kMinute;
    const std::int64_t until = clocks_.true_ms + between(12, 60) * kMinute;
    group.arrives = [from, until, before = group.arrives](std::int64_t time_ms) -> std::optional<std::int64_t> {
      const std::optional<std::int64_t> arrival = before(time_ms);
      return !arrival || time_ms < from ? arrival : std::max(*arrival, until);
    };
    return until;
  }

  RateQuery any_question() {
    RateQuery query = question(20 + 20 * up_to(4));
    const std::int64_t step = one_in(4) ? 5 * kMinute : kMinute;
    const std::int64_t phase = one_in(5) ? 1'234 : 0;
    const std::int64_t end =
        (clocks_.true_ms - phase) / step * step + phase - between(0, 3) * step * (one_in(4) ? 1 : 0);
    query.grid = {end - static_cast<std::int64_t>(query.grid.points - 1) * step, step, query.grid.points};
    std::vector<rates::RatePart> parts = {by({"service"}), by({"service", "operation"}), failed_by({"service"})};
    std::ranges::shuffle(parts, random_);
    const auto needed = static_cast<std::ptrdiff_t>(1 + up_to(2));
    query.needed.assign(parts.begin(), parts.begin() + needed);
    if (one_in(2)) query.welcome.assign(parts.begin() + needed, parts.end());
    return query;
  }

  std::mt19937 random_{GetParam()};
  std::int64_t longest_delay_ms_ = 290'000;
  int named_ = 0;
};

TEST_P(RateCacheRandomTest, TheAnswerIsTheStoresWhenEveryQuestionComesAMinuteLater) {
  store_.groups.clear();
  for (int i = 0; i < 4; ++i) store_.groups.push_back(any_group());
  std::size_t read = 0;
  std::size_t asked = 0;
  for (int i = 0; i < kQuestions; ++i) {
    clocks_.pass(milliseconds{60'000 + between(0, 30'000)});
    if (one_in(60)) ++store_.era;
    if (one_in(100)) store_.repair = static_cast<rates::BucketRepair>(up_to(1));
    if (one_in(60)) clocks_.wall_error_ms = between(-30, 30) * 10'000;
    if (one_in(40)) store_.fills_all = !store_.fills_all;
    const RateQuery query = any_question();
    const RateAnswerPtr got = ask(query);
    ASSERT_TRUE(is_the_stores(query, got)) << i;
    // A store that does not fill all parts at once is read for each by itself.
    asked += query.grid.points * (store_.fills_all ? 1 : query.needed.size());
    for (const std::size_t points : points_read()) read += points;
  }
  EXPECT_LT(read, asked) << "it is worth something";
  EXPECT_FALSE(was_evicted("late_data", 1)) << "nothing came late";
}

TEST_P(RateCacheRandomTest, DataThatComesLateAllAtOnceIsNoticed) {
  store_.groups = {steady_group(), steady_group(), steady_group()};
  std::int64_t quiet_until = 0;
  for (int i = 0; i < kQuestions; ++i) {
    clocks_.pass(milliseconds{60'000});
    if (one_in(10) && clocks_.true_ms > quiet_until) quiet_until = hold_back(store_.groups[up_to(2)]);
    const RateQuery query = any_question();
    ASSERT_TRUE(is_the_stores(query, ask(query))) << i;
  }
  EXPECT_THAT(metrics_.exposition(), ::testing::HasSubstr("cache_evictions_total{reason=\"late_data\"}"));
}

TEST_P(RateCacheRandomTest, DataThatComesLateWithinTheOverlapIsTheStores) {
  longest_delay_ms_ = 595'000;
  store_.groups.clear();
  for (int i = 0; i < 4; ++i) store_.groups.push_back(any_group());
  for (int i = 0; i < kQuestions; ++i) {
    clocks_.pass(milliseconds{60'000 + between(0, 30'000)});
    const RateQuery query = any_question();
    ASSERT_TRUE(is_the_stores(query, ask(query))) << i;
  }
}

TEST_P(RateCacheRandomTest, RetentionIsNoticedWithinFiveMinutes) {
  std::int64_t at_last_check = store_.keeps_from_ms;
  std::int64_t since = 0;
  for (int i = 0; i < kQuestions; ++i) {
    clocks_.pass(milliseconds{60'000});
    if (one_in(15)) store_.keeps_from_ms = std::max(store_.keeps_from_ms, clocks_.true_ms - between(5, 60) * kMinute);
    const RateQuery query = question(60);
    const RateAnswerPtr got = ask(query);
    // What was deleted long enough ago is gone; what was deleted just now may be there or not.
    const std::int64_t now_kept = std::exchange(store_.keeps_from_ms, at_last_check);
    const bool as_before = is_the_stores(query, got);
    store_.keeps_from_ms = now_kept;
    const bool as_now = is_the_stores(query, got);
    ASSERT_TRUE(as_now || as_before) << i;
    since = as_now ? 0 : since + 1;
    ASSERT_LE(since, 5) << i;
    if (as_now) at_last_check = now_kept;
  }
}

TEST_P(RateCacheRandomTest, NothingIsOlderThanAStepHoweverOftenItIsAskedFor) {
  store_.groups.clear();
  for (int i = 0; i < 3; ++i) store_.groups.push_back(any_group());
  std::vector<std::pair<std::int64_t, RateAnswerPtr>> truth;
  for (int i = 0; i < 3 * kQuestions; ++i) {
    clocks_.pass(milliseconds{between(500, 9'000)});
    const RateQuery query = question(60);
    truth.emplace_back(clocks_.true_ms, store_.answer(query));
    const RateAnswerPtr got = ask(query);
    // It is what the store said at one moment of the last minute.
    const bool known = std::ranges::any_of(truth, [&](const auto& then) {
      const model::Matrix& wanted = *then.second->find(query.needed[0]);
      return clocks_.true_ms - then.first < kMinute && wanted.grid == query.grid &&
             same_points(wanted, 0, *got->find(query.needed[0]), 0, query.grid.points);
    });
    ASSERT_TRUE(known) << i;
    if (truth.size() > 200) truth.erase(truth.begin());
  }
}

TEST_P(RateCacheRandomTest, FailuresLeaveNothingWrongBehind) {
  store_.groups.clear();
  for (int i = 0; i < 3; ++i) store_.groups.push_back(any_group());
  use(one_in(2) ? 30'000 : 3'000'000);
  for (int i = 0; i < kQuestions; ++i) {
    clocks_.pass(milliseconds{60'000});
    store_.has_columns = !one_in(6);
    store_.fails_by.reset();
    if (one_in(6)) store_.fails_by = base::ErrorKind::store_unreachable;
    // A store that warns has left something out.
    const std::vector<SyntheticGroup> all = store_.groups;
    if (one_in(6)) {
      store_.warnings = {"some is away"};
      store_.groups.pop_back();
    }
    const RateQuery query = any_question();
    base::CallContext context = patient();
    context.wants_fresh = one_in(10);
    const auto got = outcome(query, std::move(context));
    const bool asked_for_warnings = !store_.warnings.empty();
    if (got && *got && (*got)->warnings.empty()) {
      ASSERT_FALSE(asked_for_warnings) << i;
      ASSERT_TRUE(is_the_stores(query, *got)) << i;
    }
    store_.groups = all;
    store_.warnings.clear();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RateCacheRandomTest, ::testing::Range(1U, 7U));

}  // namespace
}  // namespace spm::cache::test
