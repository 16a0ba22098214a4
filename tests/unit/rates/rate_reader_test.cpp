#include <chrono>
#include <cmath>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/rates/rate_reader.hpp>

#include "engine_store.hpp"

namespace spm::rates {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using base::ErrorKind;
using base::Result;
using Chunks = ReaderStatus::Chunks;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kNow = test::kRecordedAtMs;
constexpr RateVariant kPrometheus3 = {WindowStart::left_open, Extrapolation::newer, Summation::compensated};

class FixedClock final : public base::WallClock {
 public:
  std::int64_t now_ms() const noexcept override { return kNow; }
};

class OneSubject final : public ComparisonSubjects {
 public:
  std::optional<ComparisonSubject> one;
  int asked = 0;

  OneSubject() {
    one.emplace();
    one->metric = "calls";
    one->matchers = {{"service", promql::MatchOp::equal, "shop"}};
    one->groupings = {{"service"}, {"service", "operation"}};
  }
  asio::awaitable<Result<std::optional<ComparisonSubject>>> subject(const base::CallContext& /*context*/) override {
    ++asked;
    std::optional<ComparisonSubject> copy = one;
    co_return std::move(copy);
  }
};

class RateReaderTest : public ::testing::Test {
 protected:
  RateReaderTest() {
    store.chunks.series = test::busy_series(kNow);
    options.second_look_after = 0ms;
    options.monotonic = [this] { return now; };
  }
  ~RateReaderTest() override {
    stop.emit(asio::cancellation_type::all);
    settle();
  }

  void start() {
    const RateReaderGround ground{store, subjects, io.get_executor(), clock, metrics, *log};
    reader = create_rate_reader(options, ground);
    asio::co_spawn(io, reader->run(), asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr&) {}));
    settle();
  }

  /// Lets everything run that does not wait for time.
  void settle() {
    for (int i = 0; i < 10'000; ++i) {
      io.restart();
      if (io.poll() == 0) break;
    }
  }

  static RateQuery query() {
    RateQuery asked;
    asked.metric = "calls";
    asked.matchers = {{"service", promql::MatchOp::equal, "shop"}};
    asked.window_ms = 120'000;
    asked.grid = {kNow - 900'000, 60'000, 15};
    asked.needed = {{{"service"}, std::nullopt}};
    asked.welcome = {{{"service", "operation"}, std::nullopt}};
    return asked;
  }

  Result<RateAnswerPtr> read(RateQuery asked) {
    std::optional<Result<RateAnswerPtr>> outcome;
    asio::co_spawn(io, reader->read(std::move(asked), context),
                   [&](const std::exception_ptr& problem, Result<RateAnswerPtr> answer) {
                     if (problem) std::rethrow_exception(problem);
                     outcome.emplace(std::move(answer));
                   });
    for (int i = 0; i < 10'000 && !outcome; ++i) {
      io.restart();
      io.run_one_for(5s);
    }
    settle();
    return std::move(outcome.value());
  }
  Result<RateAnswerPtr> read() { return read(query()); }

  ReadWay way_of_read() {
    const Result<RateAnswerPtr> answer = read();
    EXPECT_TRUE(answer && *answer);
    return answer && *answer ? (*answer)->report.way : ReadWay::promql;
  }
  Chunks chunks() const { return reader->status().chunks; }

  asio::io_context io;
  test::EngineStore store{io};
  OneSubject subjects;
  FixedClock clock;
  telemetry::Metrics metrics;
  std::shared_ptr<std::string> lines = std::make_shared<std::string>();
  std::unique_ptr<telemetry::Log> log = telemetry::Log::to_memory(lines);
  std::chrono::steady_clock::time_point now{std::chrono::steady_clock::now()};
  RateReaderOptions options;
  std::unique_ptr<RateReader> reader;
  asio::cancellation_signal stop;
  base::CallContext context{base::Deadline::after(60s)};
};

TEST_F(RateReaderTest, ReadsChunksOfAStoreThatAgrees) {
  start();
  EXPECT_EQ(chunks(), Chunks::agreed);
  EXPECT_EQ(reader->status().variant, RateVariant());
  EXPECT_EQ(way_of_read(), ReadWay::chunks);
  EXPECT_TRUE(reader->fills_welcome(query(), context));
  EXPECT_THAT(metrics.exposition(), HasSubstr("state=\"agreed\"} 1"));
}

TEST_F(RateReaderTest, ReadsAsTheStoreComputes) {
  store.engine = test::prometheus_3_8_1();
  store.variant = kPrometheus3;
  start();
  EXPECT_EQ(reader->status().variant, kPrometheus3);
  const auto answer = read();
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->bucket_repair, BucketRepair::ignore_small_gaps);
  EXPECT_NE((*answer)->find(RatePart{{"service", "operation"}, std::nullopt}), nullptr);
}

TEST_F(RateReaderTest, BothWaysGiveTheSameBits) {
  start();
  const auto by_chunks = read();
  store.chunk_fault = [] { return base::Error(ErrorKind::overloaded, "busy"); };
  const auto by_promql = read();
  ASSERT_TRUE(by_chunks && *by_chunks && by_promql && *by_promql);
  EXPECT_EQ((*by_promql)->report.way, ReadWay::promql);
  const RatePart part{{"service"}, std::nullopt};
  const model::Matrix* a = (*by_chunks)->find(part);
  const model::Matrix* b = (*by_promql)->find(part);
  ASSERT_TRUE(a != nullptr && b != nullptr && a->series.size() == 1 && b->series.size() == 1);
  for (std::size_t i = 0; i < a->grid.points; ++i) {
    ASSERT_EQ(a->series[0].column.has(i), b->series[0].column.has(i));
    EXPECT_EQ(a->series[0].column.value(i), b->series[0].column.value(i));
  }
}

TEST_F(RateReaderTest, NothingIsReadBeforeAnythingIsKnown) {
  const RateReaderGround ground{store, subjects, io.get_executor(), clock, metrics, *log};
  reader = create_rate_reader(options, ground);
  const auto answer = read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, nullptr);
}

TEST_F(RateReaderTest, PromqlModeNeverReadsChunks) {
  options.mode = ReadMode::promql;
  start();
  EXPECT_EQ(chunks(), Chunks::disabled);
  EXPECT_EQ(way_of_read(), ReadWay::promql);
  EXPECT_EQ(store.reads, 0);
  EXPECT_EQ(subjects.asked, 0);
}

TEST_F(RateReaderTest, ParametersOfTheSettingsLeaveChunksAlone) {
  options.store_has_parameters = true;
  start();
  EXPECT_EQ(way_of_read(), ReadWay::promql);
  EXPECT_EQ(store.reads, 0);
}

TEST_F(RateReaderTest, ParametersOfACallerLeaveChunksAlone) {
  start();
  context.store_parameters = {{"dedup", "true"}};
  EXPECT_FALSE(reader->fills_welcome(query(), context));
  EXPECT_EQ(way_of_read(), ReadWay::promql);
}

TEST_F(RateReaderTest, ChunksModeReadsChunksWhateverTheParameters) {
  options.mode = ReadMode::chunks;
  options.store_has_parameters = true;
  start();
  context.store_parameters = {{"dedup", "true"}};
  EXPECT_EQ(way_of_read(), ReadWay::chunks);
}

TEST_F(RateReaderTest, AStoreWithoutRemoteReadIsRememberedAsSuch) {
  store.chunk_fault = [] { return base::Error(ErrorKind::query_rejected, "unsupported path"); };
  start();
  EXPECT_EQ(chunks(), Chunks::absent);
  EXPECT_THAT(reader->status().reason, HasSubstr("unsupported path"));
  EXPECT_EQ(way_of_read(), ReadWay::promql);
  EXPECT_EQ(store.reads, 1);
  store.chunk_fault = [] { return std::optional<base::Error>(); };
  now += 599s;
  EXPECT_EQ(way_of_read(), ReadWay::promql);
  EXPECT_EQ(chunks(), Chunks::absent);
  now += 2s;
  EXPECT_EQ(way_of_read(), ReadWay::promql);  // which makes it compare
  EXPECT_EQ(chunks(), Chunks::agreed);
}

TEST_F(RateReaderTest, AnotherAnswerOfTheStoreIsADisagreementOnlyTheSecondTime) {
  int times = 0;
  store.bend = [&](model::Matrix& matrix) {
    if (++times == 1) matrix.series.pop_back();
  };
  start();
  EXPECT_EQ(chunks(), Chunks::agreed);
}

TEST_F(RateReaderTest, ADisagreementAfterAnAgreementTurnsChunksOffLoudly) {
  start();
  EXPECT_EQ(way_of_read(), ReadWay::chunks);
  store.bend = [](model::Matrix& matrix) {
    for (model::Series& series : matrix.series) {
      for (std::size_t i = 0; i < series.column.size(); ++i) {
        if (series.column.has(i)) series.column.set(i, std::nextafter(series.column.value(i), 1e300));
      }
    }
  };
  now += 301s;
  read();
  EXPECT_EQ(chunks(), Chunks::disagreed);
  EXPECT_EQ(way_of_read(), ReadWay::promql);
  EXPECT_THAT(*lines, HasSubstr("level=warn"));
  EXPECT_THAT(*lines, HasSubstr("other ones than its raw samples make"));
  EXPECT_THAT(metrics.exposition(), HasSubstr("comparisons_total{outcome=\"disagreed\"} 1"));
}

TEST_F(RateReaderTest, WithoutDataItWaitsForSome) {
  const auto series = std::exchange(store.chunks.series, {});
  start();
  EXPECT_EQ(chunks(), Chunks::undecided);
  EXPECT_EQ(way_of_read(), ReadWay::promql);
  store.chunks.series = series;
  now += 61s;
  read();
  EXPECT_EQ(chunks(), Chunks::agreed);
}

TEST_F(RateReaderTest, WithoutASubjectItComparesWhatIsRead) {
  subjects.one.reset();
  start();
  EXPECT_EQ(chunks(), Chunks::undecided);
  now += 61s;
  read();
  EXPECT_EQ(chunks(), Chunks::agreed);
}

TEST_F(RateReaderTest, BucketsAreNotCompared) {
  subjects.one.reset();
  start();
  RateQuery buckets = query();
  buckets.needed = {{{"service", "le"}, std::nullopt}};
  now += 61s;
  static_cast<void>(read(buckets));
  EXPECT_EQ(chunks(), Chunks::undecided);
}

TEST_F(RateReaderTest, QuantilesOfAnotherKindLeaveEverythingToTheStore) {
  store.engine = test::victoria_metrics_1_79();
  store.chunk_fault = [] { return base::Error(ErrorKind::query_rejected, "unsupported path"); };
  start();
  const auto answer = read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, nullptr);
}

TEST_F(RateReaderTest, ARefusedReadIsTakenOverByPromqlAndCounted) {
  start();
  store.chunk_fault = [] { return base::Error(ErrorKind::store_misbehaved, "a wrong checksum"); };
  EXPECT_EQ(way_of_read(), ReadWay::promql);
  EXPECT_THAT(metrics.exposition(), HasSubstr("reason=\"broken\"} 1"));
  EXPECT_THAT(*lines, HasSubstr("a wrong checksum"));
  now += 1s;
  const std::size_t said = lines->size();
  EXPECT_EQ(way_of_read(), ReadWay::promql);
  EXPECT_EQ(lines->size(), said);  // once a minute
  EXPECT_EQ(chunks(), Chunks::agreed);
}

TEST_F(RateReaderTest, ABusyStoreRestsFromChunks) {
  start();
  store.chunk_fault = [] { return base::Error(ErrorKind::rate_limited, "429"); };
  EXPECT_EQ(way_of_read(), ReadWay::promql);
  const int reads = store.reads;
  store.chunk_fault = [] { return std::optional<base::Error>(); };
  EXPECT_EQ(way_of_read(), ReadWay::promql);
  EXPECT_EQ(store.reads, reads);
  now += 6s;
  EXPECT_EQ(way_of_read(), ReadWay::chunks);
}

TEST_F(RateReaderTest, ErrorsOfTheQuestionGoOut) {
  start();
  store.chunk_fault = [] { return base::Error(ErrorKind::answer_too_large, "too much"); };
  const auto answer = read();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::answer_too_large);
}

TEST_F(RateReaderTest, AStoreThatComesBackAsAnotherOneIsFoundOut) {
  start();
  const auto away = [] { return base::Error(ErrorKind::store_unreachable, "no connection"); };
  store.chunk_fault = away;
  store.fault = away;
  const auto answer = read();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::store_unreachable);
  EXPECT_EQ(chunks(), Chunks::undecided);

  store.chunk_fault = [] { return std::optional<base::Error>(); };
  store.fault = store.chunk_fault;
  store.engine = test::prometheus_3_8_1();
  store.variant = kPrometheus3;
  now += 3s;
  const auto first = read();
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, nullptr);  // nothing of before counts
  EXPECT_EQ(reader->status().variant, kPrometheus3);
  EXPECT_EQ(way_of_read(), ReadWay::chunks);
}

TEST_F(RateReaderTest, ARestartAsAnotherVersionIsFoundOutByEndedConnections) {
  start();
  EXPECT_EQ(way_of_read(), ReadWay::chunks);
  store.engine = test::prometheus_3_8_1();
  store.variant = kPrometheus3;
  // Only the read itself meets the connection that has ended: its answer must not count.
  store.chunk_fault = [this] {
    store.ended = 1;
    return std::optional<base::Error>();
  };
  const auto answer = read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, nullptr);
  EXPECT_EQ(chunks(), Chunks::undecided);
}

TEST_F(RateReaderTest, EndedConnectionsOfTheSameEngineChangeNothing) {
  start();
  const int asked = store.questions;
  store.ended = 1;
  EXPECT_EQ(way_of_read(), ReadWay::chunks);
  EXPECT_GT(store.questions, asked);
  const int asked_again = store.questions;
  EXPECT_EQ(way_of_read(), ReadWay::chunks);
  EXPECT_EQ(store.questions, asked_again) << "once for each time";
}

TEST_F(RateReaderTest, AskedWithACallersTokenWhereTheStoreWantsOne) {
  store.fault = [] { return base::Error(ErrorKind::store_refused_us, "401"); };
  start();
  EXPECT_EQ(chunks(), Chunks::undecided);
  store.fault = [this]() -> std::optional<base::Error> {
    if (!store.tokens.empty() && store.tokens.back().empty()) return base::Error(ErrorKind::store_refused_us, "401");
    return std::nullopt;
  };
  context.bearer_token = "secret";
  now += 61s;
  read();
  EXPECT_EQ(chunks(), Chunks::agreed);
  EXPECT_THAT(*lines, Not(HasSubstr("secret")));
}

TEST_F(RateReaderTest, EndsWhenCancelled) {
  start();
  stop.emit(asio::cancellation_type::all);
  settle();
  io.restart();
  EXPECT_EQ(io.run_for(1s), 0U);
}

}  // namespace
}  // namespace spm::rates
