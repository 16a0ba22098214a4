#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <spm/cache/rate_cache.hpp>

namespace spm::cache {
namespace {

namespace asio = boost::asio;
using rates::RateAnswerPtr;
using rates::RateQuery;

constexpr std::int64_t kMinute = 60'000;
constexpr int kCallers = 200;
constexpr int kQuestions = 12;
constexpr std::size_t kThreads = 4;

class MovingClock final : public base::WallClock {
 public:
  std::atomic<std::int64_t> time_ms{1'795'000'020'000};
  std::int64_t now_ms() const noexcept override { return time_ms.load(); }
};

double value_at(std::uint64_t era, std::size_t labels, std::int64_t time_ms) {
  return static_cast<double>(era * 1'000'003) + static_cast<double>(labels * 17) + static_cast<double>(time_ms % 9'973);
}

/// All points until now; their values tell the era.
class RacingStore final : public rates::RateSource {
 public:
  explicit RacingStore(const MovingClock& clock) : clock_(clock) {}

  std::atomic<std::uint64_t> era{1};
  std::atomic<int> reads{0};

  asio::awaitable<base::Result<RateAnswerPtr>> read(RateQuery query, const base::CallContext& /*context*/) override {
    const int number = ++reads;
    auto answer = std::make_shared<rates::RateAnswer>();
    answer->era = era.load();
    const std::int64_t now = clock_.now_ms();
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::microseconds(number % 300));
    const auto [stopped] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (stopped) co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
    if (number % 37 == 0) co_return base::fail(base::ErrorKind::store_unreachable, "no way");
    for (const auto* parts : {&query.needed, &query.welcome}) {
      for (const rates::RatePart& part : *parts) answer->add(part, columns(part, query.grid, now, answer->era));
    }
    RateAnswerPtr done = std::move(answer);
    co_return done;
  }

 private:
  static model::Matrix columns(const rates::RatePart& part, const model::TimeGrid& grid, std::int64_t now,
                               std::uint64_t era) {
    model::Matrix matrix{grid, {}};
    model::Series series{{{"service", "shop"}}, model::Column(grid.points)};
    for (std::size_t i = 0; i < grid.points; ++i) {
      if (grid.at(i) <= now) series.column.set(i, value_at(era, part.by.size(), grid.at(i)));
    }
    if (!series.column.none()) matrix.series.push_back(std::move(series));
    return matrix;
  }

  const MovingClock& clock_;
};

/// Every point is there that was a minute ago, and all are of the answer's era.
void expect_right(const RateQuery& query, const rates::RateAnswer& answer, std::int64_t began_ms) {
  for (const rates::RatePart& part : query.needed) {
    const model::Matrix* columns = answer.find(part);
    ASSERT_NE(columns, nullptr);
    ASSERT_EQ(columns->grid, query.grid);
    ASSERT_EQ(columns->series.size(), 1U);
    const model::Column& column = columns->series[0].column;
    ASSERT_EQ(column.size(), query.grid.points);
    for (std::size_t i = 0; i < query.grid.points; ++i) {
      const std::int64_t time_ms = query.grid.at(i);
      if (time_ms <= began_ms - kMinute) {
        ASSERT_TRUE(column.has(i)) << i;
      }
      if (column.has(i)) {
        ASSERT_EQ(column.value(i), value_at(answer.era, part.by.size(), time_ms)) << i;
      }
    }
  }
}

struct RacingCaller {
  unsigned seed = 0;
  asio::cancellation_signal gone;
};

class RateCacheRace : public ::testing::Test {
 protected:
  asio::awaitable<void> ask_on(unsigned seed) {
    std::mt19937 random(seed);
    base::CallContext context(base::Deadline::after(std::chrono::seconds{1'000}));
    if (seed % 4 == 0) context.bearer_token = "token" + std::to_string(seed % 3);
    for (int i = 0; i < kQuestions; ++i) {
      const std::int64_t began = clock_.now_ms();
      context.wants_fresh = random() % 20 == 0;
      RateQuery query;
      query.metric = "calls_total";
      query.window_ms = 10 * kMinute;
      const std::size_t points = 40 + 20 * (random() % 3);
      const std::int64_t end = began / kMinute * kMinute;
      query.grid = {end - static_cast<std::int64_t>(points - 1) * kMinute, kMinute, points};
      query.needed = {{{"service"}, std::nullopt}};
      query.welcome = {{{"service", "operation"}, std::nullopt}};
      if (random() % 2 == 0) std::swap(query.needed, query.welcome);
      RateQuery asked = query;
      const base::Result<RateAnswerPtr> got = co_await cache_->read(std::move(asked), context);
      if (got) expect_right(query, **got, began);
      answered_ += got ? 1 : 0;
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    }
  }

  asio::io_context io_;
  MovingClock clock_;
  RacingStore store_{clock_};
  telemetry::Metrics metrics_;
  std::unique_ptr<telemetry::Log> log_ = telemetry::Log::to_memory(std::make_shared<std::string>());
  sharing::CallerKinds callers_;
  Shelf shelf_{200'000, metrics_};
  std::unique_ptr<rates::RateSource> cache_ = create_rate_cache(
      [this] {
        RateCacheOptions options;
        options.monotonic = [this] {
          return std::chrono::steady_clock::time_point(std::chrono::milliseconds(clock_.now_ms()));
        };
        return options;
      }(),
      {store_, io_.get_executor(), shelf_, callers_, clock_, metrics_, *log_});
  std::atomic<int> answered_{0};
  std::atomic<int> ended_{0};
};

TEST_F(RateCacheRace, ManyReadersAtOnceNeverMixErasNorLosePoints) {
  std::mt19937 random(20'261'121);
  std::vector<std::unique_ptr<RacingCaller>> callers;
  for (int i = 0; i < kCallers; ++i) {
    auto caller = std::make_unique<RacingCaller>();
    caller->seed = static_cast<unsigned>(i);
    const auto strand = asio::make_strand(io_);
    asio::post(strand, [this, strand, self = caller.get()] {
      asio::co_spawn(strand, ask_on(self->seed),
                     asio::bind_cancellation_slot(self->gone.slot(), [this](const std::exception_ptr&) { ++ended_; }));
    });
    if (random() % 5 == 0) {
      auto timer = std::make_shared<asio::steady_timer>(strand, std::chrono::microseconds(random() % 20'000));
      timer->async_wait([timer, self = caller.get()](const boost::system::error_code&) {
        self->gone.emit(asio::cancellation_type::terminal);
      });
    }
    callers.push_back(std::move(caller));
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([this] { io_.run(); });
  }
  for (int i = 0; ended_ < kCallers && i < 1'000'000; ++i) {
    clock_.time_ms += 500;
    if (i % 50 == 7) ++store_.era;
    if (i % 90 == 11) shelf_.clear();
    if (i % 10 == 3) static_cast<void>(shelf_.contents(10));
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ended_, kCallers);
  EXPECT_GT(answered_, kCallers) << "most are not cancelled";
}

}  // namespace
}  // namespace spm::cache
