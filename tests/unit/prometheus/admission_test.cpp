#include "admission.hpp"

#include <atomic>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spm::prometheus {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;
using Kind = Admission::Kind;

/// On one thread, each step run to its end: what comes in which order is certain.
class AdmissionTest : public ::testing::Test {
 protected:
  struct Caller {
    std::string name;
    asio::cancellation_signal leave;
    std::optional<Admission::Slot> slot;
    std::optional<base::ErrorKind> refusal;
  };

  ~AdmissionTest() override {
    for (Caller& caller : callers_) cancel(caller);
  }

  void open(std::size_t running, std::size_t reads, std::size_t waiting = 64) {
    admission_.emplace(AdmissionLimits{running, reads, waiting}, metrics_);
  }

  Caller& come(const std::string& key, Kind kind = Kind::query, const std::string& name = "") {
    Caller& caller = callers_.emplace_back();
    caller.name = name.empty() ? key : name;
    asio::co_spawn(
        asio::make_strand(io_), admission_->enter(kind, key),
        asio::bind_cancellation_slot(caller.leave.slot(),
                                     [this, &caller](std::exception_ptr error, base::Result<Admission::Slot> got) {
                                       EXPECT_FALSE(error);
                                       if (got) {
                                         caller.slot = std::move(*got);
                                         order_.push_back(caller.name);
                                       } else {
                                         caller.refusal = got.error().kind;
                                       }
                                     }));
    settle();
    return caller;
  }
  void settle() {
    io_.restart();
    io_.poll();
  }
  void finish(Caller& caller) {
    caller.slot.reset();
    settle();
  }
  void cancel(Caller& caller) {
    caller.leave.emit(asio::cancellation_type::terminal);
    settle();
  }
  /// Ends those that run, one after the other, until nobody waits; the names in the order of their turns.
  std::vector<std::string> let_all_pass() {
    order_.clear();
    for (std::size_t guard = 0; admission_->waiting() > 0 && guard < 1'000; ++guard) {
      for (Caller& caller : callers_) {
        if (!caller.slot) continue;
        finish(caller);
        break;
      }
    }
    return order_;
  }

  telemetry::Metrics metrics_;
  std::optional<Admission> admission_;
  asio::io_context io_;
  std::list<Caller> callers_;  // their signals hold strands
  std::vector<std::string> order_;
};

TEST_F(AdmissionTest, LetsSoManyThrough) {
  open(2, 2);
  Caller& first = come("a");
  EXPECT_TRUE(first.slot);
  EXPECT_TRUE(come("a").slot);
  Caller& third = come("a");
  EXPECT_FALSE(third.slot);
  EXPECT_EQ(admission_->waiting(), 1U);
  finish(first);
  EXPECT_TRUE(third.slot);
  EXPECT_EQ(admission_->waiting(), 0U);
}

TEST_F(AdmissionTest, LetsFewerReadsThroughWhichHoldUpNoQuery) {
  open(4, 2);
  Caller& first = come("a", Kind::read);
  EXPECT_TRUE(come("a", Kind::read).slot);
  Caller& third = come("a", Kind::read);
  EXPECT_FALSE(third.slot) << "two reads are on the wire";
  Caller& query = come("a");
  EXPECT_TRUE(query.slot) << "behind a read of its own key that must wait";
  EXPECT_TRUE(come("b").slot);
  Caller& late = come("b");
  EXPECT_FALSE(late.slot) << "four are on the wire";
  finish(query);
  EXPECT_TRUE(late.slot) << "a query's place is no read's, whose turn it would be";
  EXPECT_FALSE(third.slot);
  finish(first);
  EXPECT_TRUE(third.slot);
}

TEST_F(AdmissionTest, AReadKeepsItsTurnWhileItMustWait) {
  open(2, 1);
  Caller& reading = come("x", Kind::read);
  Caller& asking = come("x");
  Caller& read = come("a", Kind::read);
  Caller& query = come("b");
  finish(asking);
  EXPECT_TRUE(query.slot);
  Caller& later = come("c");
  finish(reading);
  EXPECT_TRUE(read.slot) << "it came before";
  EXPECT_FALSE(later.slot);
}

TEST_F(AdmissionTest, UnderOneKeyFirstComeFirstServed) {
  open(1, 1);
  come("a");
  come("a", Kind::query, "1");
  come("a", Kind::read, "2");
  come("a", Kind::query, "3");
  come("a", Kind::read, "4");
  EXPECT_THAT(let_all_pass(), ElementsAre("1", "2", "3", "4"));
}

TEST_F(AdmissionTest, KeysTakeTurns) {
  open(1, 1);
  come("a");
  for (int i = 0; i < 4; ++i) come("a");
  for (int i = 0; i < 2; ++i) come("b");
  come("c");
  EXPECT_THAT(let_all_pass(), ElementsAre("a", "b", "c", "a", "b", "a", "a"));
}

TEST_F(AdmissionTest, SixtyOfOneDelayAnothersFirstByOneTurn) {
  open(8, 4);
  for (int i = 0; i < 8; ++i) come("a", i % 2 == 0 ? Kind::read : Kind::query);
  for (int i = 0; i < 60; ++i) come("a", i % 2 == 0 ? Kind::read : Kind::query);
  Caller& other = come("b");
  Caller& reader = come("c", Kind::read);
  order_.clear();
  finish(callers_.front());  // a read
  finish(*std::next(callers_.begin()));
  EXPECT_TRUE(other.slot);
  finish(*std::next(callers_.begin(), 2));
  EXPECT_TRUE(reader.slot);
  EXPECT_THAT(order_, ElementsAre("a", "b", "c"));
}

TEST_F(AdmissionTest, OneMoreThanMayWaitIsRefusedAtOnce) {
  open(1, 1, 2);
  come("a");
  come("a");
  come("b");
  EXPECT_EQ(come("c").refusal, base::ErrorKind::overloaded);
  EXPECT_EQ(admission_->waiting(), 2U);
}

TEST_F(AdmissionTest, ReadsLeaveHalfOfTheWaitingRoomToQueries) {
  open(2, 1, 4);
  come("a", Kind::read);
  come("a");
  come("a", Kind::read);
  Caller& leaving = come("b", Kind::read);
  EXPECT_EQ(come("c", Kind::read).refusal, base::ErrorKind::overloaded);
  EXPECT_FALSE(come("c").refusal);
  EXPECT_FALSE(come("c").refusal);
  EXPECT_EQ(come("c").refusal, base::ErrorKind::overloaded);
  cancel(leaving);
  EXPECT_FALSE(come("d", Kind::read).refusal);
  let_all_pass();
  EXPECT_EQ(admission_->waiting(), 0U);
}

TEST_F(AdmissionTest, WhoeverLeavesTheQueueIsPassedOver) {
  open(1, 1);
  Caller& running = come("a");
  Caller& gone = come("b");
  Caller& next = come("c");
  cancel(gone);
  EXPECT_EQ(gone.refusal, base::ErrorKind::cancelled);
  EXPECT_EQ(admission_->waiting(), 1U);
  finish(running);
  EXPECT_TRUE(next.slot);
}

TEST_F(AdmissionTest, ATurnThatNobodyTakesGoesOn) {
  open(1, 1);
  Caller& running = come("a", Kind::read);
  Caller& gone = come("b", Kind::read);
  Caller& next = come("c", Kind::read);
  running.slot.reset();  // grants `gone` its turn, which it does not see before it leaves
  gone.leave.emit(asio::cancellation_type::terminal);
  settle();
  EXPECT_TRUE(gone.slot || next.slot);
  gone.slot.reset();
  settle();
  EXPECT_TRUE(next.slot);
  EXPECT_EQ(admission_->waiting(), 0U);
}

TEST_F(AdmissionTest, AWaiterThatIsDestroyedGivesItsPlaceUp) {
  open(1, 1);
  Caller& running = come("a");
  {
    asio::io_context other;
    asio::co_spawn(asio::make_strand(other), admission_->enter(Kind::query, "b"),
                   [](std::exception_ptr, base::Result<Admission::Slot>) { FAIL() << "it was never resumed"; });
    other.poll();
    EXPECT_EQ(admission_->waiting(), 1U);
  }
  EXPECT_EQ(admission_->waiting(), 0U);
  finish(running);
  EXPECT_TRUE(come("c").slot);
}

/// Many threads, callers that come, stay for some turns of the pool, and leave; some lose patience.
TEST(AdmissionUnderLoadTest, HoldsItsLimitsAndLosesNoPlace) {
  constexpr std::size_t kRunning = 5;
  constexpr std::size_t kReads = 2;
  constexpr int kCallers = 400;
  telemetry::Metrics metrics;
  asio::io_context io;
  Admission admission(AdmissionLimits{kRunning, kReads, kCallers}, metrics);
  std::atomic<std::size_t> running = 0;
  std::atomic<std::size_t> reading = 0;
  std::atomic<bool> exceeded = false;
  std::atomic<int> served = 0;
  std::atomic<int> left = 0;

  const auto visit = [&](Kind kind, std::string key) -> asio::awaitable<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    const asio::any_io_executor strand = co_await asio::this_coro::executor;
    base::Result<Admission::Slot> slot = co_await admission.enter(kind, std::move(key));
    if (!slot) {
      ++left;
      co_return;
    }
    if (++running > kRunning) exceeded = true;
    if (kind == Kind::read && ++reading > kReads) exceeded = true;
    for (int i = 0; i < 5; ++i) co_await asio::post(strand, asio::use_awaitable);
    if (kind == Kind::read) --reading;
    --running;
    ++served;
  };
  std::list<asio::cancellation_signal> signals;
  for (int i = 0; i < kCallers; ++i) {
    const auto strand = asio::make_strand(io);
    asio::cancellation_signal& signal = signals.emplace_back();
    const Kind kind = i % 3 == 0 ? Kind::read : Kind::query;
    asio::co_spawn(strand, visit(kind, std::to_string(i % 7)),
                   asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr error) { EXPECT_FALSE(error); }));
    if (i % 4 == 0) {
      asio::post(strand, [&] { signal.emit(asio::cancellation_type::terminal); });
    }
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { io.run(); });
  for (std::thread& thread : threads) thread.join();

  EXPECT_FALSE(exceeded);
  EXPECT_EQ(served + left, kCallers);
  EXPECT_GE(served, kCallers / 2);
  EXPECT_EQ(admission.waiting(), 0U);
  std::vector<Admission::Slot> places;
  for (std::size_t i = 0; i < kRunning; ++i) {
    asio::co_spawn(io, admission.enter(i < kReads ? Kind::read : Kind::query, ""),
                   [&](std::exception_ptr, base::Result<Admission::Slot> slot) {
                     if (slot) places.push_back(std::move(*slot));
                   });
    io.restart();
    io.poll();
  }
  EXPECT_EQ(places.size(), kRunning) << "every place has come back";
}

}  // namespace
}  // namespace spm::prometheus
