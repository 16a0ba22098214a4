#include "shared_rates.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scripted_source.hpp"

namespace spm::rates {
namespace {

namespace asio = boost::asio;
using base::CallContext;
using base::ErrorKind;
using base::Result;
using testing::answer_with;
using ::testing::HasSubstr;
using testing::ScriptedSource;
using ::testing::SizeIs;

RatePart by(Grouping labels) { return {std::move(labels), std::nullopt}; }

RateQuery page_query() {
  RateQuery query;
  query.metric = "calls_total";
  query.matchers = {{"service_name", promql::MatchOp::equal, "frontend"}};
  query.window_ms = 600'000;
  query.grid = {1'000'000, 60'000, 60};
  query.needed = {by({"service_name"})};
  query.welcome = {by({"service_name", "span_name"})};
  return query;
}

/// The question of the same page's other level.
RateQuery other_level() {
  RateQuery query = page_query();
  std::swap(query.needed, query.welcome);
  return query;
}

CallContext patient() { return CallContext(base::Deadline::after(std::chrono::seconds{100})); }

/// One caller, on a strand of its own. Its coroutine holds it, so that it can end with the context.
struct Caller {
  Caller(const asio::any_io_executor& io, CallContext with) : strand(asio::make_strand(io)), context(std::move(with)) {}

  void cancel() {
    asio::post(strand, [this] { gone.emit(asio::cancellation_type::terminal); });
  }
  bool waits() const { return !outcome; }
  ErrorKind error() const { return outcome && !*outcome ? outcome->error().kind : ErrorKind::internal; }
  bool answered() const { return outcome && *outcome; }

  asio::strand<asio::any_io_executor> strand;
  CallContext context;
  asio::cancellation_signal gone;
  std::optional<Result<RateAnswerPtr>> outcome;
};

class SharedRatesTest : public ::testing::Test {
 protected:
  std::shared_ptr<Caller> ask(RateQuery query, CallContext context = patient()) {
    std::shared_ptr<Caller> caller = begin(std::move(query), std::move(context));
    settle();
    return caller;
  }
  std::shared_ptr<Caller> begin(RateQuery query, CallContext context) {
    auto caller = std::make_shared<Caller>(io_->get_executor(), std::move(context));
    asio::co_spawn(caller->strand, shared_->read(std::move(query), caller->context),
                   asio::bind_cancellation_slot(caller->gone.slot(),
                                                [caller](const std::exception_ptr&, Result<RateAnswerPtr> got) {
                                                  caller->outcome.emplace(std::move(got));
                                                }));
    return caller;
  }
  /// Runs everything that can run without time passing.
  void settle() {
    io_->restart();
    io_->poll();
  }
  /// Lets time pass until `caller` has its outcome.
  void await(const Caller& caller) {
    io_->restart();
    while (caller.waits() && io_->run_one_for(std::chrono::seconds{20}) > 0) {
    }
    settle();
  }

  std::unique_ptr<asio::io_context> io_ = std::make_unique<asio::io_context>();
  telemetry::Metrics metrics_;
  std::shared_ptr<ScriptedSource> source_ = std::make_shared<ScriptedSource>();
  std::shared_ptr<RateSource> shared_ = create_shared_rates(source_, io_->get_executor(), metrics_);
};

TEST_F(SharedRatesTest, AnswersOneCaller) {
  const auto caller = ask(page_query());
  ASSERT_THAT(source_->reads, SizeIs(1));
  const RateQuery& asked = source_->reads[0]->query;
  EXPECT_EQ(asked.metric, "calls_total");
  EXPECT_EQ(asked.matchers, page_query().matchers);
  EXPECT_EQ(asked.window_ms, 600'000);
  EXPECT_EQ(asked.grid, page_query().grid);
  EXPECT_EQ(asked.needed, page_query().needed);
  EXPECT_EQ(asked.welcome, page_query().welcome);
  EXPECT_TRUE(caller->waits());
  source_->answer_fully(0);
  settle();
  ASSERT_TRUE(caller->answered());
  EXPECT_NE((**caller->outcome)->find(by({"service_name"})), nullptr);
}

TEST_F(SharedRatesTest, ManyCallersShareOneReadAndItsAnswer) {
  std::vector<std::shared_ptr<Caller>> callers;
  callers.reserve(10);
  for (int i = 0; i < 10; ++i) callers.push_back(ask(page_query()));
  ASSERT_THAT(source_->reads, SizeIs(1));
  EXPECT_THAT(metrics_.exposition(), HasSubstr("jaeger_spm_proxy_reads_shared_total 9"));
  source_->answer_fully(0);
  settle();
  for (const auto& caller : callers) {
    ASSERT_TRUE(caller->answered());
    EXPECT_EQ(**caller->outcome, **callers[0]->outcome) << "a copy";
  }
}

TEST_F(SharedRatesTest, BothLevelsOfAPageShareAReadThatFillsBoth) {
  const auto service = ask(page_query());
  const auto operation = ask(other_level());
  ASSERT_THAT(source_->reads, SizeIs(1));
  source_->answer_fully(0);
  settle();
  EXPECT_TRUE(service->answered());
  EXPECT_TRUE(operation->answered());
  EXPECT_THAT(source_->reads, SizeIs(1));
}

TEST_F(SharedRatesTest, LevelsAreReadSideBySideWhereAReadFillsOnlyWhatIsNeeded) {
  source_->fills_all = false;
  const auto service = ask(page_query());
  const auto operation = ask(other_level());
  const auto same_operation = ask(other_level());
  EXPECT_THAT(source_->reads, SizeIs(2));
}

TEST_F(SharedRatesTest, WhoGetsLessThanItNeedsReadsAgainTogetherWithTheLike) {
  const auto service = ask(page_query());
  const auto operation = ask(other_level());
  const auto same_operation = ask(other_level());
  ASSERT_THAT(source_->reads, SizeIs(1));
  source_->answer(0, answer_with(page_query().needed));
  settle();
  EXPECT_TRUE(service->answered());
  ASSERT_THAT(source_->reads, SizeIs(2));
  EXPECT_EQ(source_->reads[1]->query.needed, other_level().needed);
  source_->answer(1, answer_with(other_level().needed));
  settle();
  EXPECT_TRUE(operation->answered());
  EXPECT_TRUE(same_operation->answered());
  EXPECT_THAT(source_->reads, SizeIs(2));
}

TEST_F(SharedRatesTest, NoColumnsAtAllIsAnAnswerToEverybody) {
  const auto service = ask(page_query());
  const auto operation = ask(other_level());
  source_->answer(0, RateAnswerPtr());
  settle();
  ASSERT_TRUE(service->answered());
  ASSERT_TRUE(operation->answered());
  EXPECT_EQ(**operation->outcome, nullptr);
  EXPECT_THAT(source_->reads, SizeIs(1));
}

TEST_F(SharedRatesTest, TheOrderOfPartsAndRepeatedOnesMakeNoDifference) {
  RateQuery query = page_query();
  query.needed = {by({"a"}), by({"b"})};
  query.welcome = {by({"c"})};
  const auto first = ask(query);
  query.needed = {by({"b"}), by({"a"}), by({"b"})};
  query.welcome = {by({"c"}), by({"a"})};
  const auto second = ask(query);
  EXPECT_THAT(source_->reads, SizeIs(1));
}

TEST_F(SharedRatesTest, WhoWantsItFreshJoinsOnlyOthersWhoDo) {
  CallContext fresh = patient();
  fresh.wants_fresh = true;
  const auto before = ask(page_query());
  const auto first = ask(page_query(), fresh);
  const auto second = ask(page_query(), fresh);
  ASSERT_THAT(source_->reads, SizeIs(2));
  EXPECT_TRUE(source_->reads[1]->context.wants_fresh);
  const auto after = ask(page_query());
  EXPECT_THAT(source_->reads, SizeIs(2));
}

TEST_F(SharedRatesTest, EveryFieldOfTheQuestionCounts) {
  const auto with_only = [](std::vector<std::string> values) {
    return [values = std::move(values)](RateQuery& query) {
      query.needed[0].only = LabelFilter{"status_code", values};
    };
  };
  const std::vector<std::function<void(RateQuery&)>> changes = {
      [](RateQuery&) {},
      [](RateQuery& query) { query.metric = "calls"; },
      [](RateQuery& query) { query.matchers[0].label = "service"; },
      [](RateQuery& query) { query.matchers[0].op = promql::MatchOp::regex; },
      [](RateQuery& query) { query.matchers[0].value = "back"; },
      [](RateQuery& query) {
        query.matchers.push_back({"a", promql::MatchOp::equal, "b"});
      },
      [](RateQuery& query) { query.matchers.clear(); },
      [](RateQuery& query) { query.window_ms += 1; },
      [](RateQuery& query) { query.grid.start_ms += 1; },
      [](RateQuery& query) { query.grid.step_ms += 1; },
      [](RateQuery& query) { query.grid.points += 1; },
      [](RateQuery& query) { query.needed[0].by.push_back("le"); },
      [](RateQuery& query) { query.needed[0].by = {"service_namele"}; },
      [](RateQuery& query) {
        query.needed.push_back(RatePart{{"le"}, std::nullopt});
      },
      [](RateQuery& query) { query.welcome.clear(); },
      with_only({"ERROR"}),
      with_only({"ERROR", "2"}),
      with_only({"ERROR2"}),
      [](RateQuery& query) {
        query.needed[0].only = LabelFilter{"status", {"ERROR"}};
      },
  };
  std::vector<std::shared_ptr<Caller>> callers;
  for (const auto& change : changes) {
    RateQuery query = page_query();
    change(query);
    callers.push_back(ask(query));
    EXPECT_EQ(source_->reads.size(), callers.size());
  }
}

TEST_F(SharedRatesTest, EveryKindOfCallerReadsAlone) {
  const std::vector<std::function<void(CallContext&)>> changes = {
      [](CallContext&) {},
      [](CallContext& context) { context.tenant = "a"; },
      [](CallContext& context) { context.bearer_token = "a"; },
      [](CallContext& context) { context.bearer_token = "b"; },
      [](CallContext& context) {
        context.store_parameters = {{"dedup", "true"}};
      },
      [](CallContext& context) {
        context.store_parameters = {{"dedup", "false"}};
      },
      [](CallContext& context) {
        context.store_parameters = {{"dedup", "true"}, {"x", "1"}};
      },
  };
  std::vector<std::shared_ptr<Caller>> callers;
  for (const auto& change : changes) {
    CallContext context = patient();
    change(context);
    const std::string token = context.bearer_token;
    callers.push_back(ask(page_query(), std::move(context)));
    ASSERT_EQ(source_->reads.size(), callers.size());
    EXPECT_EQ(source_->reads.back()->context.bearer_token, token);
    EXPECT_EQ(source_->reads.back()->context.store_parameters, callers.back()->context.store_parameters);
    EXPECT_EQ(source_->reads.back()->context.tenant, callers.back()->context.tenant);
  }
}

TEST_F(SharedRatesTest, WhoAsksAndHowLongItWaitsMakesNoDifference) {
  CallContext context = patient();
  context.request_id = "1";
  context.traceparent = "t";
  const auto first = ask(page_query(), context);
  context = CallContext(base::Deadline::after(std::chrono::seconds{50}));
  context.request_id = "2";
  context.wants_plan = true;
  const auto second = ask(page_query(), context);
  EXPECT_THAT(source_->reads, SizeIs(1));
}

TEST_F(SharedRatesTest, TheFirstCallersEndDoesNotHurtTheSecond) {
  const auto first = ask(page_query());
  const auto second = ask(page_query());
  first->cancel();
  settle();
  EXPECT_EQ(first->error(), ErrorKind::cancelled);
  EXPECT_TRUE(second->waits());
  ASSERT_THAT(source_->reads, SizeIs(1));
  EXPECT_FALSE(source_->reads[0]->cancelled);
  source_->answer_fully(0);
  settle();
  EXPECT_TRUE(second->answered());
}

TEST_F(SharedRatesTest, TheLastToLeaveEndsTheRead) {
  const auto first = ask(page_query());
  const auto second = ask(other_level());
  first->cancel();
  settle();
  EXPECT_FALSE(source_->reads[0]->cancelled);
  second->cancel();
  settle();
  EXPECT_TRUE(source_->reads[0]->cancelled);
  EXPECT_EQ(second->error(), ErrorKind::cancelled);
}

TEST_F(SharedRatesTest, WhoComesWhileAReadIsBeingCancelledBeginsANewOne) {
  source_->ends_slowly = true;
  const auto first = ask(page_query());
  first->cancel();
  settle();
  EXPECT_EQ(first->error(), ErrorKind::cancelled) << "it waits for the end of the read";
  ASSERT_TRUE(source_->reads[0]->cancelled);
  const auto second = ask(page_query());
  ASSERT_THAT(source_->reads, SizeIs(2));
  source_->let_end(0);
  settle();
  EXPECT_TRUE(second->waits());
  const auto third = ask(page_query());
  EXPECT_THAT(source_->reads, SizeIs(2)) << "the end of the cancelled read took the new one off the list";
  source_->answer_fully(1);
  settle();
  EXPECT_TRUE(second->answered());
  EXPECT_TRUE(third->answered());
}

TEST_F(SharedRatesTest, WhoComesAfterTheEndReadsAnew) {
  const auto first = ask(page_query());
  source_->answer_fully(0);
  settle();
  const auto second = ask(page_query());
  EXPECT_THAT(source_->reads, SizeIs(2));
}

TEST_F(SharedRatesTest, EachCallerHasItsOwnDeadline) {
  const auto calm = ask(page_query());
  const auto hasty = ask(page_query(), CallContext(base::Deadline::after(std::chrono::milliseconds{1})));
  await(*hasty);
  EXPECT_EQ(hasty->error(), ErrorKind::deadline_exceeded);
  EXPECT_TRUE(calm->waits());
  ASSERT_THAT(source_->reads, SizeIs(1));
  EXPECT_FALSE(source_->reads[0]->cancelled);
  source_->answer_fully(0);
  settle();
  EXPECT_TRUE(calm->answered());
}

TEST_F(SharedRatesTest, TheFirstCallersDeadlineIsNotTheReads) {
  const auto caller = ask(page_query(), CallContext(base::Deadline::after(std::chrono::seconds{10})));
  ASSERT_THAT(source_->reads, SizeIs(1));
  EXPECT_GT(source_->reads[0]->context.deadline.left(), std::chrono::seconds{60});
}

TEST_F(SharedRatesTest, TheLastDeadlineEndsTheRead) {
  const auto calm = ask(page_query());
  const auto hasty = ask(page_query(), CallContext(base::Deadline::after(std::chrono::milliseconds{300})));
  calm->cancel();
  settle();
  ASSERT_THAT(source_->reads, SizeIs(1));
  EXPECT_FALSE(source_->reads[0]->cancelled);
  await(*hasty);
  EXPECT_EQ(hasty->error(), ErrorKind::deadline_exceeded);
  EXPECT_TRUE(source_->reads[0]->cancelled);
}

TEST_F(SharedRatesTest, NothingIsReadForADeadlineThatHasPassed) {
  const auto late = ask(page_query(), CallContext(base::Deadline::after(std::chrono::seconds{-1})));
  EXPECT_EQ(late->error(), ErrorKind::deadline_exceeded);
  EXPECT_THAT(source_->reads, SizeIs(0));
}

TEST_F(SharedRatesTest, AnErrorGoesToEverybody) {
  const auto one = ask(page_query());
  const auto other = ask(other_level());
  source_->answer(0, base::fail(ErrorKind::store_unreachable, "no way"));
  settle();
  EXPECT_EQ(one->error(), ErrorKind::store_unreachable);
  EXPECT_EQ(other->error(), ErrorKind::store_unreachable);
  EXPECT_EQ(other->outcome->error().message, "no way");
}

TEST_F(SharedRatesTest, NobodyIsToldThatItWentAwayWhenItDidNot) {
  const auto caller = ask(page_query());
  source_->answer(0, base::fail(ErrorKind::cancelled, "the caller went away"));
  settle();
  EXPECT_EQ(caller->error(), ErrorKind::shutting_down);
}

TEST_F(SharedRatesTest, ReadsGoOnWithoutTheObject) {
  const auto caller = ask(page_query());
  shared_.reset();
  source_->answer_fully(0);
  settle();
  EXPECT_TRUE(caller->answered());
}

TEST_F(SharedRatesTest, TheContextMayEndWithCallersWaiting) {
  std::weak_ptr<Caller> stays;
  std::weak_ptr<Caller> leaves;
  {
    const auto one = ask(page_query());
    const auto other = ask(page_query());
    stays = one;
    leaves = other;
    other->cancel();
  }
  source_->reads.clear();  // holds a timer of the context
  const std::weak_ptr<RateSource> source = source_;
  io_.reset();
  shared_.reset();
  source_.reset();
  EXPECT_TRUE(stays.expired() && leaves.expired() && source.expired()) << "something of a read was left behind";
}

TEST_F(SharedRatesTest, TheContextMayEndBeforeAReadBegins) {
  const std::weak_ptr<Caller> caller = begin(page_query(), patient());
  ASSERT_EQ(io_->run_one(), 1U);
  ASSERT_THAT(source_->reads, SizeIs(0));
  const std::weak_ptr<RateSource> source = source_;
  io_.reset();
  shared_.reset();
  source_.reset();
  EXPECT_TRUE(caller.expired() && source.expired());
}

TEST_F(SharedRatesTest, TheContextMayEndWhileAReadIsBeingCancelled) {
  source_->ends_slowly = true;
  {
    const auto caller = ask(page_query());
    caller->cancel();
    settle();
    ASSERT_EQ(caller->error(), ErrorKind::cancelled);
  }
  source_->reads.clear();
  const std::weak_ptr<RateSource> source = source_;
  io_.reset();
  shared_.reset();
  source_.reset();
  EXPECT_TRUE(source.expired());
}

}  // namespace
}  // namespace spm::rates
