#include <functional>
#include <limits>
#include <vector>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/service/encodings.hpp>
#include <spm/service/kept_answers.hpp>

#include "fakes.hpp"

namespace spm::service {
namespace {

using base::CallContext;
using base::ErrorKind;
using base::Result;
using boost::asio::awaitable;
using testing::HasSubstr;
using testing::Not;
using Time = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Answers with the number of the question as its only value; or waits at a gate before.
class CountingService final : public MetricsService {
 public:
  awaitable<Result<MetricsAnswer>> answer(model::MetricQuery query, const CallContext& /*context*/) override {
    const int number = ++calls;
    asked.push_back(query);
    MetricsAnswer answer = template_of_answer;
    if (gate_closed) {
      boost::asio::steady_timer gate(co_await boost::asio::this_coro::executor, Time::max());
      gates.push_back(&gate);
      boost::system::error_code ended;  // woken or cancelled, both end it early
      co_await gate.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ended));
      std::erase(gates, &gate);
      const auto cancelled = (co_await boost::asio::this_coro::cancellation_state).cancelled();
      if (cancelled != boost::asio::cancellation_type::none) {
        ++given_up;
        co_return base::fail(ErrorKind::cancelled, "the caller went away");
      }
    }
    if (error) co_return base::fail(*error);
    model::MetricFamily family;
    family.grid = query.grid;
    if (!empty) {
      model::Column column(query.grid.points);
      column.set(0, number);
      family.metrics.push_back({{{"service_name", "frontend"}}, std::move(column)});
    }
    answer.set_family(std::move(family));
    co_return answer;
  }

  void open_gate() {
    gate_closed = false;
    for (boost::asio::steady_timer* gate : std::vector(gates)) gate->cancel();
  }

  MetricsAnswer template_of_answer;
  std::optional<base::Error> error;
  bool empty = false;
  bool gate_closed = false;
  std::vector<boost::asio::steady_timer*> gates;
  std::vector<model::MetricQuery> asked;
  int calls = 0;
  int given_up = 0;
};

class KeptAnswersTest : public testing::Test {
 protected:
  KeptAnswersTest() {
    options_.monotonic = [this] { return now_; };
    query_.services = {"frontend"};
    query_.grid = {clock_.now_ms() - 3'600'000, 10'000, 361};
    query_.movable_end_ms = clock_.now_ms();
    query_.rate_window_ms = 60'000;
  }

  MetricsService& kept() {
    if (!kept_) {
      const KeptAnswersGround ground{service_, shelf_, callers_, io_.get_executor(), clock_, metrics_};
      kept_ = create_kept_answers(options_, ground);
    }
    return *kept_;
  }

  using Got = std::optional<Result<MetricsAnswer>>;

  /// Puts a question; `got` and `context` outlive what runs.
  void begin(const CallContext& context, Got& got) {
    boost::asio::co_spawn(boost::asio::make_strand(io_), kept().answer(query_, context),
                          [&got](const std::exception_ptr& thrown, Result<MetricsAnswer> answer) {
                            if (thrown) answer = base::fail(ErrorKind::internal, "thrown");
                            got = std::move(answer);
                          });
  }
  void go_on() {
    io_.restart();
    io_.run_for(seconds(20));
  }
  /// As far as it goes without anybody waking it.
  void poll() {
    io_.restart();
    while (io_.poll() > 0) {
    }
  }

  Result<MetricsAnswer> ask(const CallContext& context) {
    Got got;
    begin(context, got);
    go_on();
    if (!got) return base::fail(ErrorKind::internal, "no answer came");
    return *got;
  }
  Result<MetricsAnswer> ask() { return ask(context_); }

  static double value(const Result<MetricsAnswer>& answer) {
    if (!answer || answer->family->metrics.empty()) return std::numeric_limits<double>::quiet_NaN();
    return answer->family->metrics[0].column.value(0);
  }

  std::size_t things() const { return shelf_.contents(0).things; }

  boost::asio::io_context io_;
  telemetry::Metrics metrics_;
  cache::Shelf shelf_{std::size_t{64} << 20U, metrics_};
  sharing::CallerKinds callers_;
  FixedClock clock_;
  Time now_ = Time() + std::chrono::hours(1);
  CountingService service_;
  KeptAnswersOptions options_;
  std::unique_ptr<MetricsService> kept_;
  model::MetricQuery query_;
  CallContext context_ = some_context();
};

TEST_F(KeptAnswersTest, TheSameQuestionIsAskedOncePerStep) {
  const auto first = ask();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(value(first), 1);
  EXPECT_EQ(first->cache, CacheResult::miss);

  now_ += milliseconds(9'999);
  const auto again = ask();
  EXPECT_EQ(value(again), 1);
  EXPECT_EQ(again->cache, CacheResult::hit);
  EXPECT_EQ(again->family.get(), first->family.get());

  now_ += milliseconds(1);
  EXPECT_EQ(value(ask()), 2);
  EXPECT_EQ(service_.calls, 2);
}

TEST_F(KeptAnswersTest, NoAnswerIsGivenForLongerThanAMinute) {
  query_.grid = {0, 3'600'000, 10};
  query_.movable_end_ms.reset();
  ask();
  now_ += milliseconds(59'999);
  EXPECT_EQ(value(ask()), 1);
  now_ += milliseconds(1);
  EXPECT_EQ(value(ask()), 2);
}

/// Columns that were held do not prolong the life of what is made of them.
TEST_F(KeptAnswersTest, ItsLifeBeginsWhenTheStoreWasAsked) {
  service_.template_of_answer.asked = now_ - seconds(8);
  service_.template_of_answer.cache = CacheResult::hit;
  EXPECT_EQ(ask()->cache, CacheResult::hit);
  now_ += milliseconds(1'999);
  EXPECT_EQ(value(ask()), 1);
  now_ += milliseconds(1);
  EXPECT_EQ(value(ask()), 2);
}

TEST_F(KeptAnswersTest, WhatIsOverAlreadyIsNotKept) {
  service_.template_of_answer.asked = now_ - seconds(10);
  service_.template_of_answer.cache = CacheResult::partial;
  EXPECT_EQ(ask()->cache, CacheResult::partial);
  EXPECT_EQ(things(), 0U);
}

TEST_F(KeptAnswersTest, WhatIsOfUnknownAgeIsNotKept) {
  service_.template_of_answer.asked = Time::min();
  ask();
  EXPECT_EQ(things(), 0U);
}

TEST_F(KeptAnswersTest, TheTimeAtTheStoreCounts) {
  service_.gate_closed = true;
  Got got;
  begin(context_, got);
  poll();
  now_ += seconds(6);
  service_.open_gate();
  go_on();
  now_ += seconds(4);
  EXPECT_EQ(value(ask()), 2);
}

TEST_F(KeptAnswersTest, AWindowThatEndsNowIsMoved) {
  query_.movable_end_ms = clock_.now_ms() - 1'234;
  query_.grid.start_ms = *query_.movable_end_ms - 3'600'000;
  const auto answer = ask();
  EXPECT_EQ(service_.asked.at(0).grid.last_ms(), clock_.now_ms() - 10'000);
  EXPECT_EQ(cache_text(*answer), "miss; start=1795138190000; end=1795141790000; step=10000");
  query_.grid.start_ms -= 300;
  *query_.movable_end_ms -= 300;
  EXPECT_EQ(ask()->cache, CacheResult::hit);
}

TEST_F(KeptAnswersTest, InExactModeItIsNot) {
  options_.mode = cache::CacheMode::exact;
  query_.movable_end_ms = clock_.now_ms() - 1'234;
  query_.grid.start_ms = *query_.movable_end_ms - 3'600'000;
  ask();
  EXPECT_EQ(service_.asked.at(0).grid, query_.grid);
  EXPECT_EQ(ask()->cache, CacheResult::hit);
}

TEST_F(KeptAnswersTest, ErrorsAreNotKept) {
  service_.error = base::Error(ErrorKind::rate_limited, "slower");
  EXPECT_EQ(ask().error().kind, ErrorKind::rate_limited);
  service_.error.reset();
  EXPECT_EQ(value(ask()), 2);
}

TEST_F(KeptAnswersTest, WhatTheStoreWarnsOfIsNotKept) {
  service_.template_of_answer.notices = {{NoticeKind::store_warning, "a store is missing"}};
  EXPECT_EQ(ask()->cache, CacheResult::bypass);
  EXPECT_EQ(value(ask()), 2);
  EXPECT_EQ(things(), 0U);
  service_.template_of_answer.notices = {{NoticeKind::unit_assumed, "milliseconds"}};
  EXPECT_EQ(value(ask()), 3);
  const auto again = ask();
  EXPECT_EQ(value(again), 3);
  ASSERT_EQ(again->notices.size(), 1U);
  EXPECT_EQ(again->notices[0].text, "milliseconds");
}

TEST_F(KeptAnswersTest, AnswersWithoutSeriesAreNotKept) {
  service_.empty = true;
  ask();
  service_.empty = false;
  EXPECT_EQ(value(ask()), 2);
}

TEST_F(KeptAnswersTest, WhoAsksForThePlanGetsAnAnswerOfHisOwn) {
  ask();
  CallContext curious = some_context();
  curious.wants_plan = true;
  EXPECT_EQ(value(ask(curious)), 2);
  EXPECT_EQ(value(ask(curious)), 3);
  EXPECT_EQ(value(ask()), 1);
}

TEST_F(KeptAnswersTest, AFreshAnswerReplacesWhatWasKept) {
  ask();
  CallContext fresh = some_context();
  fresh.wants_fresh = true;
  const auto answer = ask(fresh);
  EXPECT_EQ(value(answer), 2);
  EXPECT_EQ(answer->cache, CacheResult::bypass);
  EXPECT_EQ(value(ask()), 2);
}

TEST_F(KeptAnswersTest, AFreshAnswerDoesNotWaitForOlderOnesWhichDoNotReplaceIt) {
  service_.gate_closed = true;
  Got old;
  begin(context_, old);
  poll();
  service_.gate_closed = false;
  now_ += seconds(1);
  CallContext fresh = some_context();
  fresh.wants_fresh = true;
  Got newer;
  begin(fresh, newer);
  poll();
  ASSERT_TRUE(newer);
  EXPECT_EQ(value(*newer), 2);
  service_.open_gate();
  go_on();
  ASSERT_TRUE(old);
  EXPECT_EQ(value(*old), 1);
  EXPECT_EQ(value(ask()), 2);
}

TEST_F(KeptAnswersTest, WhatEndsBeyondTheNextStepIsPassedBy) {
  query_.movable_end_ms.reset();
  query_.grid.start_ms += 10'001;
  EXPECT_EQ(ask()->cache, CacheResult::bypass);
  EXPECT_EQ(value(ask()), 2);
  query_.grid.start_ms -= 1;
  EXPECT_EQ(ask()->cache, CacheResult::miss);
}

TEST_F(KeptAnswersTest, TheSameQuestionOfManyIsAskedOnce) {
  service_.gate_closed = true;
  std::vector<Got> got(20);
  for (Got& one : got) begin(context_, one);
  poll();
  EXPECT_EQ(service_.calls, 1);
  service_.open_gate();
  go_on();
  for (const Got& one : got) {
    ASSERT_TRUE(one && *one);
    EXPECT_EQ(value(*one), 1);
    EXPECT_EQ((*one)->encodings.get(), (*got[0])->encodings.get());
  }
  EXPECT_NE((*got[0])->encodings, nullptr);
  EXPECT_THAT(metrics_.exposition(), HasSubstr("shared_total 19"));
}

TEST_F(KeptAnswersTest, CallersOfOtherKindsShareNothing) {
  CallContext other = some_context();
  other.tenant = "b";
  CallContext with_token = some_context();
  with_token.bearer_token = "t";
  CallContext with_parameter = some_context();
  with_parameter.store_parameters = {{"dedup", "false"}};
  EXPECT_EQ(value(ask()), 1);
  EXPECT_EQ(value(ask(other)), 2);
  EXPECT_EQ(value(ask(with_token)), 3);
  EXPECT_EQ(value(ask(with_parameter)), 4);
  EXPECT_EQ(value(ask(other)), 2);
}

TEST_F(KeptAnswersTest, ARefusedTokenLosesWhatItBrought) {
  for (const ErrorKind refusal : {ErrorKind::unauthenticated, ErrorKind::permission_denied}) {
    shelf_.clear();
    CallContext revoked = some_context();
    revoked.bearer_token = "t";
    ask();
    ask(revoked);
    ASSERT_EQ(things(), 2U);
    service_.error = base::Error(refusal, "no");
    query_.quantile += 0.1;
    EXPECT_FALSE(ask(revoked));
    query_.quantile -= 0.1;
    EXPECT_EQ(things(), 1U);
    EXPECT_FALSE(ask(revoked));
    EXPECT_TRUE(ask());
    service_.error.reset();
  }
}

TEST_F(KeptAnswersTest, WhatWasMadeOfATokensHeldColumnsIsNotKept) {
  CallContext with_token = some_context();
  with_token.bearer_token = "t";
  service_.template_of_answer.cache = CacheResult::hit;
  ask(with_token);
  EXPECT_EQ(things(), 0U);
  service_.template_of_answer.cache = CacheResult::partial;
  ask(with_token);
  EXPECT_EQ(things(), 1U);
}

TEST_F(KeptAnswersTest, AQuestionThatNobodyWaitsForIsGivenUp) {
  service_.gate_closed = true;
  const CallContext hasty(base::Deadline::after(milliseconds(1)));
  Got got;
  begin(hasty, got);
  go_on();
  ASSERT_TRUE(got);
  ASSERT_FALSE(*got);
  EXPECT_EQ(got->error().kind, ErrorKind::deadline_exceeded);
  EXPECT_EQ(service_.given_up, 1);
  EXPECT_EQ(things(), 0U);
}

TEST_F(KeptAnswersTest, ItsBytesGrowWithWhatDoorsMakeOfIt) {
  const auto answer = ask();
  ASSERT_NE(answer->encodings, nullptr);
  const std::size_t before = shelf_.contents(0).bytes;
  EXPECT_GT(before, 361 * sizeof(double));
  answer->encodings->keep("json", std::make_shared<const std::string>(100'000, 'x'));
  EXPECT_GE(shelf_.contents(0).bytes, before + 100'000);
  EXPECT_EQ(ask()->encodings->find("json")->size(), 100'000U);
}

TEST_F(KeptAnswersTest, WhatIsOverMakesRoomForTheNext) {
  for (int i = 0; i < 5; ++i) {
    query_.services = {"service " + std::to_string(i)};
    ask();
  }
  EXPECT_EQ(things(), 5U);
  now_ += seconds(10);
  query_.services = {"another"};
  ask();
  EXPECT_EQ(things(), 1U);
}

TEST_F(KeptAnswersTest, TellsWhatItHoldsWithoutTheCaller) {
  CallContext tenant = some_context();
  tenant.tenant = "secret tenant";
  ask(tenant);
  const cache::ShelfContents held = shelf_.contents(10);
  ASSERT_EQ(held.rows.size(), 1U);
  EXPECT_EQ(held.rows[0].about, "answer: service_call_rate of frontend, 361 points of 10000 ms up to 1795141800000");
  EXPECT_THAT(held.rows[0].caller, Not(HasSubstr("secret")));
}

TEST_F(KeptAnswersTest, CountsWhatItDidAndNoticesThatGoOutAgain) {
  service_.template_of_answer.notices = {{NoticeKind::unit_assumed, "milliseconds"}};
  ask();
  ask();
  ask();
  const std::string exposition = metrics_.exposition();
  EXPECT_THAT(exposition, HasSubstr("{result=\"hit\"} 2"));
  EXPECT_THAT(exposition, HasSubstr("{result=\"miss\"} 1"));
  EXPECT_THAT(exposition, HasSubstr("{notice=\"unit_assumed\"} 2"));  // the first is counted by who made it
}

}  // namespace
}  // namespace spm::service
