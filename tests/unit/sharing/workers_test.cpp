#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <spm/sharing/workers.hpp>

namespace spm::sharing {
namespace {

namespace asio = boost::asio;

/// Neither copied nor made out of nothing: what `run` has to be able to carry.
class Found {
 public:
  explicit Found(std::thread::id by) : by_(std::make_unique<std::thread::id>(by)) {}
  std::thread::id by() const { return *by_; }

 private:
  std::unique_ptr<std::thread::id> by_;
};

struct Told {
  std::thread::id before;
  std::thread::id worked;
  std::thread::id after;
  bool on_strand = false;
};

TEST(Workers, WorkElsewhereAndComeBackToTheCallersStrand) {
  asio::io_context io;
  Workers workers(2);
  const auto strand = asio::make_strand(io);
  Told told;
  auto caller = [](Workers& at, asio::strand<asio::io_context::executor_type> mine,
                   Told& tell) -> asio::awaitable<void> {
    tell.before = std::this_thread::get_id();
    auto work = [] { return Found(std::this_thread::get_id()); };
    const Found found = co_await at.run(std::move(work));
    tell.worked = found.by();
    tell.after = std::this_thread::get_id();
    tell.on_strand = mine.running_in_this_thread();
  };
  std::future<void> done = asio::co_spawn(strand, caller(workers, strand, told), asio::use_future);
  io.run();  // ends only when the coroutine has: what is at work counts as work of the caller's
  done.get();
  EXPECT_EQ(told.before, std::this_thread::get_id());
  EXPECT_NE(told.worked, std::this_thread::get_id());
  EXPECT_EQ(told.after, std::this_thread::get_id());
  EXPECT_TRUE(told.on_strand);
}

TEST(Workers, CarryWorkThatCanOnlyBeMoved) {
  asio::io_context io;
  Workers workers(1);
  auto caller = [](Workers& at) -> asio::awaitable<std::string> {
    auto text = std::make_unique<std::string>("carried");
    auto work = [text = std::move(text)] { return *text + " there and back"; };
    std::string answer = co_await at.run(std::move(work));
    co_return answer;
  };
  std::future<std::string> done = asio::co_spawn(io, caller(workers), asio::use_future);
  io.run();
  EXPECT_EQ(done.get(), "carried there and back");
}

TEST(Workers, ManyCallersOfManyThreadsEachGetTheirOwn) {
  constexpr int kCallers = 500;
  asio::io_context io;
  std::vector<std::future<int>> all;
  {
    Workers workers(2);
    auto caller = [](Workers& at, int number) -> asio::awaitable<int> {
      auto work = [number] { return number * 2; };
      const int first = co_await at.run(work);
      auto again = [first] { return first * 2; };
      co_return co_await at.run(again);
    };
    for (int i = 0; i < kCallers; ++i) {
      all.push_back(asio::co_spawn(asio::make_strand(io), caller(workers, i), asio::use_future));
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back([&io] { io.run(); });
    for (std::thread& thread : threads) thread.join();
  }
  for (int i = 0; i < kCallers; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].get(), i * 4);
}

TEST(Workers, WhatIsUnderWayIsWaitedForAtTheirEnd) {
  auto io = std::make_unique<asio::io_context>();
  auto workers = std::make_unique<Workers>(1);
  std::promise<void> begun;
  std::promise<void> go_on;
  bool worked = false;
  bool resumed = false;
  auto caller = [](Workers& at, std::promise<void>& tell, std::promise<void>& wait, bool& did,
                   bool& came_back) -> asio::awaitable<void> {
    auto work = [&] {
      tell.set_value();
      wait.get_future().wait();
      return did = true;
    };
    co_await at.run(work);
    came_back = true;
  };
  asio::co_spawn(*io, caller(*workers, begun, go_on, worked, resumed), [](const std::exception_ptr&) {});
  io->poll();
  begun.get_future().wait();
  std::thread later([&] { go_on.set_value(); });
  workers.reset();
  later.join();
  EXPECT_TRUE(worked);
  // The loop has ended for good: the coroutine ends with its context, suspended as it is.
  io.reset();
  EXPECT_FALSE(resumed);
}

}  // namespace
}  // namespace spm::sharing
