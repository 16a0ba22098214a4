#include "bounded_work.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <stdexcept>
#include <utility>

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
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace spm::http {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Outcome = std::optional<int>;

asio::awaitable<int> at_once() { co_return 7; }

asio::awaitable<int> after_a_turn() {
  co_await asio::post(asio::use_awaitable);
  co_return 8;
}

asio::awaitable<int> never(bool& cancelled) {
  asio::steady_timer timer(co_await asio::this_coro::executor, Clock::time_point::max());
  const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  cancelled = error == asio::error::operation_aborted;
  co_return 9;
}

asio::awaitable<int> fails() {
  co_await asio::post(asio::use_awaitable);
  throw std::runtime_error("broken");
}

Clock::time_point far() { return Clock::now() + std::chrono::minutes(10); }

class BoundedWorkTest : public ::testing::Test {
 protected:
  Outcome run(Clock::time_point by, asio::awaitable<int> work) {
    auto done = asio::co_spawn(strand_, finish_by(by, std::move(work)), asio::use_future);
    io_.run();
    return done.get();
  }

  asio::io_context io_;
  asio::strand<asio::io_context::executor_type> strand_ = asio::make_strand(io_);
};

TEST_F(BoundedWorkTest, WhatIsThereAtOnceIsHandedOn) { EXPECT_EQ(run(far(), at_once()), 7); }

TEST_F(BoundedWorkTest, WhatIsThereAtOnceIsNeverLate) { EXPECT_EQ(run(Clock::now(), at_once()), 7); }

TEST_F(BoundedWorkTest, WorkThatWaitsIsWaitedFor) { EXPECT_EQ(run(far(), after_a_turn()), 8); }

TEST_F(BoundedWorkTest, LateWorkIsCancelledAndWaitedFor) {
  bool cancelled = false;
  EXPECT_EQ(run(Clock::now(), never(cancelled)), std::nullopt);
  EXPECT_TRUE(cancelled);
}

TEST_F(BoundedWorkTest, WhatWorkThrowsIsThrown) { EXPECT_THROW(run(far(), fails()), std::runtime_error); }

TEST_F(BoundedWorkTest, ACancelledCallerCancelsItsWork) {
  bool cancelled = false;
  bool ended = false;
  asio::cancellation_signal gone;
  asio::co_spawn(
      strand_, finish_by(far(), never(cancelled)),
      asio::bind_cancellation_slot(gone.slot(), [&](const std::exception_ptr&, const Outcome&) { ended = true; }));
  asio::post(strand_, [&] { gone.emit(asio::cancellation_type::terminal); });
  io_.run();
  EXPECT_TRUE(cancelled);
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace spm::http
