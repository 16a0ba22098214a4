#include <atomic>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

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
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/prometheus/piecewise_query.hpp>

#include "refusing_client.hpp"

namespace spm::prometheus {
namespace {

namespace asio = boost::asio;
using base::ErrorKind;
using ::testing::ElementsAre;
using ::testing::SizeIs;

/// Answers with one series whose value is the time, or as told.
class FakePrometheusClient final : public testing::RefusingClient {
 public:
  std::function<base::Result<RangeAnswer>(const model::TimeGrid&)> answer = [](const model::TimeGrid& grid) {
    return whole(grid);
  };
  std::int64_t hangs_from_ms = INT64_MAX;  ///< pieces that begin later wait until they are cancelled
  std::function<void()> on_hanging = [] {};
  std::atomic<int> hanging{0};
  std::atomic<int> cancelled{0};

  static base::Result<RangeAnswer> whole(const model::TimeGrid& grid) {
    RangeAnswer result;
    result.matrix.grid = grid;
    model::Series series{{{"a", "b"}}, model::Column(grid.points)};
    for (std::size_t i = 0; i < grid.points; ++i) series.column.set(i, static_cast<double>(grid.at(i)));
    result.matrix.series.push_back(std::move(series));
    result.warnings = {"the same"};
    return result;
  }

  asio::awaitable<base::Result<RangeAnswer>> query_range(RangeQuery query, const base::CallContext&) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    {
      const std::lock_guard lock(mutex_);
      grids_.push_back(query.grid);
    }
    if (query.grid.start_ms >= hangs_from_ms) {
      asio::steady_timer timer(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
      ++hanging;
      on_hanging();
      const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      static_cast<void>(error);
      ++cancelled;
      co_return base::fail(ErrorKind::cancelled, "cancelled");
    }
    co_return answer(query.grid);
  }

  std::vector<model::TimeGrid> grids() const {
    const std::lock_guard lock(mutex_);
    return grids_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<model::TimeGrid> grids_;
};

class PiecewiseQuery : public ::testing::Test {
 protected:
  PiecewiseQuery() {
    for (int i = 0; i < 2; ++i) {
      threads_.emplace_back([this] { io_.run(); });
    }
  }
  ~PiecewiseQuery() override {
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
  }

  base::Result<RangeAnswer> ask(std::size_t points) {
    const model::TimeGrid grid{1'000'000, 1'000, points};
    return asio::co_spawn(io_, query_whole_range(client_, RangeQuery("x", grid), context_), asio::use_future).get();
  }

  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  base::CallContext context_{base::Deadline::after(std::chrono::seconds{20})};
  FakePrometheusClient client_;
  std::vector<std::thread> threads_;
};

TEST(SplitGrid, MakesEqualConsecutivePieces) {
  EXPECT_THAT(split_grid({0, 10, 0}, 4), SizeIs(0));
  EXPECT_THAT(split_grid({0, 10, 4}, 4), ElementsAre(model::TimeGrid{0, 10, 4}));
  EXPECT_THAT(split_grid({0, 10, 5}, 4), ElementsAre(model::TimeGrid{0, 10, 2}, model::TimeGrid{20, 10, 3}));
  EXPECT_THAT(split_grid({5, 10, 9}, 4),
              ElementsAre(model::TimeGrid{5, 10, 3}, model::TimeGrid{35, 10, 3}, model::TimeGrid{65, 10, 3}));
}

TEST_F(PiecewiseQuery, AsksOnceWhereOnceIsEnough) {
  ASSERT_TRUE(ask(kMaxPointsPerQuery));
  EXPECT_THAT(client_.grids(), SizeIs(1));
}

TEST_F(PiecewiseQuery, JoinsPiecesWithoutALossAndWithEachWarningOnce) {
  const auto answer = ask(110'000);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(client_.grids(), SizeIs(10));
  EXPECT_EQ(answer->matrix.grid, (model::TimeGrid{1'000'000, 1'000, 110'000}));
  ASSERT_THAT(answer->matrix.series, SizeIs(1));
  const model::Column& column = answer->matrix.series[0].column;
  EXPECT_EQ(column.count(), 110'000U);
  for (std::size_t i = 0; i < column.size(); ++i) {
    ASSERT_EQ(column.value(i), static_cast<double>(answer->matrix.grid.at(i)));
  }
  EXPECT_THAT(answer->warnings, ElementsAre("the same"));
}

TEST_F(PiecewiseQuery, TheFirstErrorEndsTheOthers) {
  client_.answer = [](const model::TimeGrid&) { return base::fail(ErrorKind::query_rejected, "no"); };
  client_.hangs_from_ms = 1'000'001;
  const auto answer = ask(30'000);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::query_rejected);
  EXPECT_EQ(client_.cancelled, client_.hanging);
}

TEST_F(PiecewiseQuery, CancellationReachesEveryPiece) {
  client_.hangs_from_ms = 0;
  std::promise<void> all_hang;
  client_.on_hanging = [&] {
    if (client_.hanging == 3) all_hang.set_value();
  };
  const auto strand = asio::make_strand(io_);
  asio::cancellation_signal signal;
  std::promise<base::Result<RangeAnswer>> ended;
  const model::TimeGrid grid{1'000'000, 1'000, 30'000};
  asio::co_spawn(strand, query_whole_range(client_, RangeQuery("x", grid), context_),
                 asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, base::Result<RangeAnswer> answer) {
                   ended.set_value(std::move(answer));
                 }));
  all_hang.get_future().get();
  asio::post(strand, [&] { signal.emit(asio::cancellation_type::terminal); });
  const auto answer = ended.get_future().get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::cancelled);
  EXPECT_EQ(client_.cancelled, 3);
}

base::Result<RangeAnswer> too_much() {
  return base::fail(ErrorKind::query_rejected,
                    "the metrics store rejected the query: query processing would load too many samples into memory in "
                    "query execution");
}

TEST_F(PiecewiseQuery, HalvesWhatIsTooMuchForTheStore) {
  client_.answer = [](const model::TimeGrid& grid) {
    return grid.points > 100 ? too_much() : FakePrometheusClient::whole(grid);
  };
  const auto answer = ask(1'000);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->matrix.grid, (model::TimeGrid{1'000'000, 1'000, 1'000}));
  ASSERT_THAT(answer->matrix.series, SizeIs(1));
  const model::Column& column = answer->matrix.series[0].column;
  EXPECT_EQ(column.count(), 1'000U);
  for (std::size_t i = 0; i < column.size(); ++i) {
    ASSERT_EQ(column.value(i), static_cast<double>(answer->matrix.grid.at(i)));
  }
  EXPECT_THAT(answer->warnings, ElementsAre("the same"));
  // 1, 2 and 2 refusals on the way down to 125 points, 2 of those; then 16 pieces of 62 or 63.
  EXPECT_THAT(client_.grids(), SizeIs(1 + 2 + 2 + 2 + 16)) << "what is as long as a refused piece is asked again";
}

TEST_F(PiecewiseQuery, HalvesOnlyThePieceThatIsTooMuch) {
  client_.answer = [](const model::TimeGrid& grid) {
    // Busy in the last quarter.
    return grid.last_ms() >= 1'018'000 && grid.points > 5 ? too_much() : FakePrometheusClient::whole(grid);
  };
  const auto answer = ask(24);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->matrix.series[0].column.count(), 24U);
}

TEST_F(PiecewiseQuery, HalvesDownToOnePoint) {
  client_.answer = [](const model::TimeGrid& grid) {
    return grid.points > 1 ? too_much() : FakePrometheusClient::whole(grid);
  };
  const auto answer = ask(13);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->matrix.series[0].column.count(), 13U);
}

TEST_F(PiecewiseQuery, OnePointThatIsTooMuchIsTheStoresError) {
  client_.answer = [](const model::TimeGrid&) { return too_much(); };
  const auto answer = ask(4);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::query_rejected);
  EXPECT_THAT(answer.error().message, ::testing::HasSubstr("too many samples"));
  EXPECT_LE(client_.grids().size(), 5U);
}

TEST_F(PiecewiseQuery, HalvingIsBounded) {
  client_.answer = [](const model::TimeGrid& grid) {
    return grid.points > 1 ? too_much() : FakePrometheusClient::whole(grid);
  };
  const auto answer = ask(10'000);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::query_rejected);
  EXPECT_LE(client_.grids().size(), 64U);
}

TEST_F(PiecewiseQuery, AnotherErrorEndsTheHalving) {
  client_.answer = [](const model::TimeGrid& grid) -> base::Result<RangeAnswer> {
    if (grid.points > 50) return too_much();
    return base::fail(ErrorKind::store_unreachable, "no way");
  };
  const auto answer = ask(100);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::store_unreachable);
  EXPECT_LE(client_.grids().size(), 3U);
}

TEST_F(PiecewiseQuery, SeveralQueriesKeepTheirOrderAndTheirHalves) {
  client_.answer = [](const model::TimeGrid& grid) {
    return grid.points > 10 ? too_much() : FakePrometheusClient::whole(grid);
  };
  std::vector<RangeQuery> queries;
  queries.emplace_back("a", model::TimeGrid{1'000'000, 1'000, 16});
  queries.emplace_back("b", model::TimeGrid{2'000'000, 1'000, 5});
  queries.emplace_back("c", model::TimeGrid{3'000'000, 1'000, 32});
  const auto whole =
      asio::co_spawn(io_, query_whole_ranges(client_, std::move(queries), context_, PieceOptions()), asio::use_future)
          .get();
  ASSERT_TRUE(whole) << whole.error().message;
  ASSERT_THAT(whole->answers, SizeIs(3));
  EXPECT_EQ(whole->answers[0].matrix.grid, (model::TimeGrid{1'000'000, 1'000, 16}));
  EXPECT_EQ(whole->answers[1].matrix.grid, (model::TimeGrid{2'000'000, 1'000, 5}));
  EXPECT_EQ(whole->answers[2].matrix.grid, (model::TimeGrid{3'000'000, 1'000, 32}));
  for (const RangeAnswer& answer : whole->answers) {
    EXPECT_EQ(answer.matrix.series[0].column.count(), answer.matrix.grid.points);
  }
  EXPECT_EQ(whole->requests, client_.grids().size());
}

TEST_F(PiecewiseQuery, CancellationReachesHalvesToo) {
  client_.answer = [](const model::TimeGrid&) { return too_much(); };
  client_.hangs_from_ms = 1'000'001;  // the second half
  const auto strand = asio::make_strand(io_);
  asio::cancellation_signal signal;
  client_.on_hanging = [&] { asio::post(strand, [&] { signal.emit(asio::cancellation_type::terminal); }); };
  std::promise<base::Result<RangeAnswer>> ended;
  const model::TimeGrid grid{1'000'000, 1'000, 4};
  asio::post(strand, [&] {
    asio::co_spawn(
        strand, query_whole_range(client_, RangeQuery("x", grid), context_),
        asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr&, base::Result<RangeAnswer> answer) {
          ended.set_value(std::move(answer));
        }));
  });
  const auto answer = ended.get_future().get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::cancelled);
  EXPECT_EQ(client_.cancelled, client_.hanging);
}

TEST_F(PiecewiseQuery, RefusesPiecesThatLieOnDifferentGrids) {
  client_.answer = [](const model::TimeGrid& asked) {
    model::TimeGrid grid = asked;
    if (asked.start_ms > 1'000'000) grid.start_ms -= 1;
    return FakePrometheusClient::whole(grid);
  };
  const auto answer = ask(12'000);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::store_misbehaved);
}

TEST_F(PiecewiseQuery, BoundsTheSeriesOfTheWholeAnswer) {
  client_.answer = [](const model::TimeGrid& grid) {
    auto piece = FakePrometheusClient::whole(grid);
    piece->matrix.series[0].labels[0].value = std::to_string(grid.start_ms);
    return piece;
  };
  const model::TimeGrid grid{0, 1'000, 12'000};
  const auto ask_with = [&](std::size_t max_series) {
    return asio::co_spawn(io_, query_whole_range(client_, RangeQuery("x", grid), context_, max_series),
                          asio::use_future)
        .get();
  };
  EXPECT_TRUE(ask_with(2));
  const auto answer = ask_with(1);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::answer_too_large);
}

}  // namespace
}  // namespace spm::prometheus
