#include <atomic>
#include <thread>
#include <vector>

#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include <spm/service/encodings.hpp>
#include <spm/service/kept_answers.hpp>

#include "fakes.hpp"

namespace spm::service {
namespace {

/// Answers with the quantile that was asked for; refuses a token now and then.
class EchoingService final : public MetricsService {
 public:
  boost::asio::awaitable<base::Result<MetricsAnswer>> answer(model::MetricQuery query,
                                                             const base::CallContext& context) override {
    const int call = ++calls;
    if (!context.bearer_token.empty() && call % 7 == 0) co_return base::fail(base::ErrorKind::unauthenticated, "no");
    model::MetricFamily family;
    family.grid = query.grid;
    model::Column column(query.grid.points);
    column.set(0, query.quantile);
    family.metrics.push_back({{{"service_name", "frontend"}}, std::move(column)});
    MetricsAnswer answer;
    answer.set_family(std::move(family));
    co_return answer;
  }
  std::atomic<int> calls = 0;
};

/// Callers of several kinds, some of whom want it fresh, on several threads, over a shelf that is far too small.
TEST(KeptAnswersRace, EveryCallerGetsTheAnswerToItsOwnQuestion) {
  constexpr int kCallers = 400;
  constexpr int kRounds = 10;
  boost::asio::io_context io;
  telemetry::Metrics metrics;
  cache::Shelf shelf(std::size_t{400} << 10U, metrics);
  const sharing::CallerKinds callers;
  const FixedClock clock;
  EchoingService echo;
  sharing::Workers workers(2);
  const KeptAnswersGround ground{echo, shelf, callers, io.get_executor(), clock, metrics};
  const auto kept = create_kept_answers({}, ground);
  std::atomic<int> right = 0;
  std::atomic<int> refused = 0;

  const auto caller = [&](int number) -> boost::asio::awaitable<void> {
    for (int round = 0; round < kRounds; ++round) {
      base::CallContext context = some_context();
      if (number % 3 == 0) context.bearer_token = "token " + std::to_string(number % 2);
      context.wants_fresh = (number + round) % 11 == 0;
      model::MetricQuery query;
      query.services = {"frontend"};
      query.quantile = 0.01 * (number % 20 + 1);
      query.grid = {clock.now_ms() - 60'000, 60'000, number % 20 == 7 ? kManyPoints + 1 : 2};
      if (query.grid.points > 2) query.grid.start_ms = clock.now_ms() - static_cast<std::int64_t>(kManyPoints) * 60'000;
      const double asked = query.quantile;
      base::Result<MetricsAnswer> answer = co_await kept->answer(std::move(query), context);
      if (!answer) {
        if (answer.error().kind == base::ErrorKind::unauthenticated) ++refused;
        continue;
      }
      Encode encode = [family = answer->family] { return std::to_string(family->metrics[0].column.value(0)); };
      std::string form = "text";
      const base::Result<Bytes> bytes =
          co_await encoded(*answer, std::move(form), std::move(encode), &workers, context.deadline);
      if (bytes && **bytes == std::to_string(asked)) ++right;
    }
  };
  for (int number = 0; number < kCallers; ++number) {
    boost::asio::co_spawn(boost::asio::make_strand(io), caller(number), boost::asio::detached);
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { io.run(); });
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(right + refused, kCallers * kRounds);
  EXPECT_LT(echo.calls, kCallers * kRounds);
  EXPECT_LE(shelf.contents(0).bytes, std::size_t{400} << 10U);
}

}  // namespace
}  // namespace spm::service
