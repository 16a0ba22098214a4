#include <atomic>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <spm/sharing/flights.hpp>

namespace spm::sharing {
namespace {

namespace asio = boost::asio;
using base::ErrorKind;
using IntFlights = Flights<int, int>;

constexpr int kCallers = 600;
constexpr int kKeys = 5;

/// Takes some hundred microseconds, or ends when it is cancelled.
asio::awaitable<IntFlights::Outcome> work(int key, std::chrono::microseconds takes, std::atomic<int>& begun) {
  co_await asio::this_coro::throw_if_cancelled(false);
  ++begun;
  asio::steady_timer timer(co_await asio::this_coro::executor, takes);
  const auto [stopped] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (stopped) co_return base::fail(ErrorKind::cancelled, "the caller went away");
  if (takes.count() % 7 == 0) co_return base::fail(ErrorKind::store_unreachable, "no way");
  co_return key;
}

struct RacingCaller {
  int key = 0;
  bool patient = true;    ///< its deadline is far away
  bool may_leave = true;  ///< somebody cancels it
  asio::cancellation_signal gone;
  std::promise<IntFlights::Outcome> outcome;
};

asio::awaitable<IntFlights::Outcome> ask(std::shared_ptr<IntFlights> flights, int key, base::Deadline deadline,
                                         std::chrono::microseconds takes, std::atomic<int>& begun) {
  IntFlights::Passenger passenger = flights->board(key, [key, takes, &begun] { return work(key, takes, begun); });
  co_return co_await IntFlights::wait(std::move(passenger), deadline);
}

class FlightsRace : public ::testing::Test {
 protected:
  FlightsRace() {
    for (int i = 0; i < 4; ++i) {
      threads_.emplace_back([this] { io_.run(); });
    }
  }
  void TearDown() override { join(); }
  void join() {
    guard_.reset();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  /// `executor_of()` gives each caller its executor.
  template <class ExecutorOf>
  void race(bool cancel_some, const ExecutorOf& executor_of) {
    std::mt19937 random(20'251'121);
    const auto flights = std::make_shared<IntFlights>(io_.get_executor());
    std::atomic<int> begun{0};
    std::vector<std::unique_ptr<RacingCaller>> callers;
    for (int i = 0; i < kCallers; ++i) {
      auto caller = std::make_unique<RacingCaller>();
      caller->key = static_cast<int>(random() % kKeys);
      caller->patient = random() % 3 != 0;
      caller->may_leave = cancel_some && random() % 3 == 0;
      const auto patience =
          caller->patient ? std::chrono::microseconds{60'000'000} : std::chrono::microseconds{random() % 600};
      const std::chrono::microseconds takes{random() % 400};
      const asio::any_io_executor executor = executor_of();
      asio::post(executor, [&, executor, patience, takes, self = caller.get()] {
        asio::co_spawn(executor, ask(flights, self->key, base::Deadline::after(patience), takes, begun),
                       asio::bind_cancellation_slot(
                           self->gone.slot(), [self](const std::exception_ptr& problem, IntFlights::Outcome outcome) {
                             if (problem) outcome = base::fail(ErrorKind::cancelled, "before it began");
                             self->outcome.set_value(std::move(outcome));
                           }));
      });
      if (caller->may_leave) {
        asio::post(executor, [self = caller.get()] { self->gone.emit(asio::cancellation_type::terminal); });
      }
      callers.push_back(std::move(caller));
    }
    for (const auto& caller : callers) {
      const IntFlights::Outcome outcome = caller->outcome.get_future().get();
      if (outcome) {
        EXPECT_EQ(*outcome, caller->key);
      } else if (outcome.error().kind == ErrorKind::cancelled) {
        EXPECT_TRUE(caller->may_leave) << "told that it went away";
      } else if (outcome.error().kind == ErrorKind::deadline_exceeded) {
        EXPECT_FALSE(caller->patient);
      } else {
        EXPECT_EQ(outcome.error().kind, ErrorKind::store_unreachable) << outcome.error().message;
      }
    }
    join();
    EXPECT_GT(begun, 0);
    EXPECT_LT(begun, kCallers) << "nothing was shared";
    EXPECT_EQ(flights.use_count(), 1) << "a flight is still under way";
  }

  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_ = asio::make_work_guard(io_);
  std::vector<std::thread> threads_;
};

TEST_F(FlightsRace, CallersComeLeaveAndLandOnStrands) {
  race(true, [this] { return asio::any_io_executor(asio::make_strand(io_)); });
}

TEST_F(FlightsRace, CallersNeedNoStrandToWait) {
  race(false, [this] { return asio::any_io_executor(io_.get_executor()); });
}

}  // namespace
}  // namespace spm::sharing
