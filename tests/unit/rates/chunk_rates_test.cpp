#include "chunk_rates.hpp"

#include <bit>
#include <future>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chunk_store.hpp"
#include "rate_window.hpp"

namespace spm::rates {
namespace {

namespace asio = boost::asio;
using base::ErrorKind;
using test::StoredSeries;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kStart = 1'700'000'000'000;
constexpr std::int64_t kWindow = 10 * kMinute;

/// Eight hours, which are cut into four at most; the points lie off the samples.
const model::TimeGrid kGrid{kStart + kWindow + 1, kMinute, 8 * 60 + 1};

/// The value of the group with these label values, in the order of the grouping; nullptr: no such group.
const model::Column* column(const RateAnswer& answer, const RatePart& part, const std::vector<std::string>& values) {
  const model::Matrix* matrix = answer.find(part);
  if (matrix == nullptr) return nullptr;
  for (const model::Series& series : matrix->series) {
    std::vector<std::string> found;
    for (const model::Label& label : series.labels) found.push_back(label.value);
    if (found == values) return &series.column;
  }
  return nullptr;
}

class ChunkRatesTest : public ::testing::Test {
 protected:
  ChunkRatesTest() {
    for (int i = 0; i < 2; ++i) {
      threads_.emplace_back([this] { io_.run(); });
    }
    std::mt19937_64 chance(5);
    for (const std::string operation : {"GET /", "POST /"}) {
      for (const std::string status : {"ERROR", "OK", "UNSET"}) {
        StoredSeries series{{{"__name__", "calls"}, {"operation", operation}, {"service", "a"}, {"status", status}},
                            {}};
        double value = 0;
        for (std::int64_t time = kStart; time <= kStart + 9 * 60 * kMinute; time += 15'000) {
          value = chance() % 500 == 0 ? 0 : value + static_cast<double>(chance() % 10) * 0.1;
          series.samples.emplace_back(time + static_cast<std::int64_t>(chance() % 100), value);
        }
        store_.series.push_back(std::move(series));
      }
    }
  }
  ~ChunkRatesTest() override {
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
  }

  static RateQuery query() {
    RateQuery query;
    query.metric = "calls";
    query.matchers = {{"service", promql::MatchOp::equal, "a"}};
    query.window_ms = kWindow;
    query.grid = kGrid;
    query.needed = {by_operation()};
    return query;
  }
  static RatePart by_operation() { return {{"operation"}, std::nullopt}; }

  base::Result<RateAnswerPtr> read(const RateQuery& query) {
    const auto source = create_chunk_rates(store_, variant_, limits_, BucketRepair::ignore_small_gaps);
    return asio::co_spawn(io_, source->read(query, context_), asio::use_future).get();
  }

  std::string refusal(const RateQuery& query, ErrorKind kind) {
    const auto answer = read(query);
    if (answer) return "it was answered";
    EXPECT_EQ(answer.error().kind, kind) << answer.error().message;
    return answer.error().message;
  }

  /// sum by (operation) of the stored samples, without streams and pieces.
  std::map<std::string, std::vector<double>> expected(const std::optional<std::string>& status = std::nullopt) const {
    std::map<std::string, std::vector<double>> sums;
    RateWindow window(kGrid, kWindow, variant_.window_start, variant_.extrapolation);
    for (const StoredSeries& series : store_.series) {
      if (status && series.labels[3].second != *status) continue;
      std::vector<std::int64_t> times;
      std::vector<double> values;
      for (const auto& [time, value] : series.samples) {
        times.push_back(time);
        values.push_back(value);
      }
      const RatePoints& rates = window.compute(times, values);
      EXPECT_EQ(rates.runs, (std::vector<PointRun>{{0, kGrid.points}}));
      const auto [sum, is_new] = sums.try_emplace(series.labels[1].second, rates.values);
      if (is_new) continue;
      for (std::size_t i = 0; i < kGrid.points; ++i) sum->second[i] += rates.values[i];
    }
    return sums;
  }

  static void expect_same(const model::Column* found, const std::vector<double>& wanted) {
    ASSERT_NE(found, nullptr);
    ASSERT_EQ(found->size(), wanted.size());
    EXPECT_EQ(found->count(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint64_t>(found->value(i)), std::bit_cast<std::uint64_t>(wanted[i])) << i;
    }
  }

  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  base::CallContext context_{base::Deadline::after(std::chrono::seconds{60})};
  test::ChunkStore store_{io_};
  RateVariant variant_;
  ChunkLimits limits_;
  std::vector<std::thread> threads_;
};

TEST_F(ChunkRatesTest, IsToTheBitWhatTheSamplesGiveInAnyNumberOfPieces) {
  const auto wanted = expected();
  for (const std::size_t pieces : {1U, 2U, 3U, 4U}) {
    limits_.max_pieces = pieces;
    const auto answer = read(query());
    ASSERT_TRUE(answer) << answer.error().message;
    const RateAnswer& columns = **answer;
    ASSERT_THAT(columns.columns, SizeIs(1));
    EXPECT_EQ(columns.columns[0].second->grid, kGrid);
    EXPECT_THAT(columns.columns[0].second->series, SizeIs(2));
    expect_same(column(columns, by_operation(), {"GET /"}), wanted.at("GET /"));
    expect_same(column(columns, by_operation(), {"POST /"}), wanted.at("POST /"));
    EXPECT_EQ(columns.bucket_repair, BucketRepair::ignore_small_gaps);
    EXPECT_EQ(columns.report.way, ReadWay::chunks);
    EXPECT_EQ(columns.report.pieces, pieces);
    EXPECT_EQ(columns.report.series, 6U) << "of all pieces together";
    EXPECT_GT(columns.report.samples, 6U * 8 * 240);
    EXPECT_GT(columns.report.bytes, columns.report.samples / 2);
  }
}

TEST_F(ChunkRatesTest, AsksForTheWindowBeforeTheFirstPoint) {
  limits_.max_pieces = 2;
  ASSERT_TRUE(read(query()));
  const auto reads = store_.reads();
  ASSERT_THAT(reads, SizeIs(2));
  EXPECT_EQ(reads[0].from_ms, kGrid.start_ms - kWindow);
  EXPECT_EQ(reads[0].to_ms, kGrid.at(239));
  EXPECT_EQ(reads[1].from_ms, kGrid.at(240) - kWindow);
  EXPECT_EQ(reads[1].to_ms, kGrid.last_ms());
  const promql::Matcher name{"__name__", promql::MatchOp::equal, "calls"};
  const promql::Matcher service{"service", promql::MatchOp::equal, "a"};
  EXPECT_THAT(reads[0].matchers, ElementsAre(name, service));
  EXPECT_THAT(reads[1].matchers, ElementsAre(name, service));
}

TEST_F(ChunkRatesTest, FillsWhatIsNeededAndWhatIsWelcomeOnce) {
  RateQuery wanted = query();
  const RatePart errors{{"operation"}, LabelFilter{"status", {"ERROR", "FATAL"}}};
  const RatePart nothing{{"operation"}, LabelFilter{"status", {"FATAL"}}};
  const RatePart all{{"service"}, std::nullopt};
  wanted.needed = {errors, by_operation()};
  wanted.welcome = {all, errors, nothing};
  const auto answer = read(wanted);
  ASSERT_TRUE(answer) << answer.error().message;
  std::vector<RatePart> filled;
  for (const auto& [part, matrix] : (*answer)->columns) filled.push_back(part);
  EXPECT_THAT(filled, ElementsAre(errors, by_operation(), all, nothing));
  expect_same(column(**answer, errors, {"GET /"}), expected("ERROR").at("GET /"));
  expect_same(column(**answer, by_operation(), {"GET /"}), expected().at("GET /"));
  EXPECT_THAT((*answer)->find(all)->series, SizeIs(1));
  EXPECT_THAT((*answer)->find(nothing)->series, IsEmpty());
  EXPECT_EQ((*answer)->find(nothing)->grid, kGrid);
}

TEST_F(ChunkRatesTest, AGroupOfOnePieceOnlyHasItsPointsThere) {
  limits_.max_pieces = 4;
  const std::int64_t late = kStart + 7 * 60 * kMinute;
  std::erase_if(store_.series[3].samples, [&](const auto& sample) { return sample.first < late; });
  store_.series.resize(4);
  const auto answer = read(query());
  ASSERT_TRUE(answer) << answer.error().message;
  const model::Column* found = column(**answer, by_operation(), {"POST /"});
  ASSERT_NE(found, nullptr);
  ASSERT_EQ(found->size(), kGrid.points);
  for (std::size_t i = 0; i < kGrid.points; ++i) ASSERT_EQ(found->has(i), kGrid.at(i) > late + 15'100) << i;
  EXPECT_EQ((*answer)->report.series, 4U);
}

TEST_F(ChunkRatesTest, NoPointsAreAnsweredWithoutAsking) {
  RateQuery empty = query();
  empty.grid.points = 0;
  const auto answer = read(empty);
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_NE((*answer)->find(by_operation()), nullptr);
  EXPECT_THAT((*answer)->find(by_operation())->series, IsEmpty());
  EXPECT_EQ((*answer)->report.pieces, 0U);
  EXPECT_THAT(store_.reads(), IsEmpty());
}

TEST_F(ChunkRatesTest, NoSeriesAreAnEmptyAnswer) {
  store_.series.clear();
  const auto answer = read(query());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT((*answer)->find(by_operation())->series, IsEmpty());
  EXPECT_EQ((*answer)->find(by_operation())->grid, kGrid);
  EXPECT_EQ((*answer)->report.series, 0U);
}

TEST_F(ChunkRatesTest, LimitsHoldOverAllPieces) {
  for (const std::size_t pieces : {1U, 4U}) {
    limits_ = {};
    limits_.max_pieces = pieces;
    const auto counted = read(query());
    ASSERT_TRUE(counted);
    const ReadReport report = (*counted)->report;

    limits_.max_series = 6;
    limits_.max_samples = report.samples;
    limits_.max_bytes = report.bytes;
    limits_.max_cells = 2 * kGrid.points;
    const auto just = read(query());
    EXPECT_TRUE(just) << just.error().message;

    const ChunkLimits enough = limits_;
    limits_.max_series = 5;
    EXPECT_THAT(refusal(query(), ErrorKind::answer_too_large), HasSubstr("more than 5 raw series"));
    EXPECT_THAT(refusal(query(), ErrorKind::answer_too_large), HasSubstr("--store.max-raw-series"));
    limits_ = enough;
    limits_.max_samples = report.samples - 1;
    EXPECT_THAT(refusal(query(), ErrorKind::answer_too_large), HasSubstr("--store.max-raw-samples"));
    limits_ = enough;
    limits_.max_bytes = report.bytes - 1;
    EXPECT_THAT(refusal(query(), ErrorKind::answer_too_large), HasSubstr("--store.max-stream-bytes"));
    limits_ = enough;
    limits_.max_cells = 2 * kGrid.points - 1;
    EXPECT_THAT(refusal(query(), ErrorKind::answer_too_large), HasSubstr("--store.max-cells"));
  }
}

TEST_F(ChunkRatesTest, SeriesAndCellsOfDifferentPiecesCountTogether) {
  limits_.max_pieces = 2;
  const std::int64_t middle = kStart + 4 * 60 * kMinute;
  store_.series = {store_.series[0], store_.series[3]};
  std::erase_if(store_.series[0].samples, [&](const auto& sample) { return sample.first > middle - kWindow; });
  std::erase_if(store_.series[1].samples, [&](const auto& sample) { return sample.first < middle + kWindow; });
  limits_.max_series = 1;
  EXPECT_THAT(refusal(query(), ErrorKind::answer_too_large), HasSubstr("more than 1 raw series"));
  limits_.max_series = 2;
  limits_.max_cells = 2 * kGrid.points - 1;
  EXPECT_THAT(refusal(query(), ErrorKind::answer_too_large), HasSubstr("--store.max-cells"));
  limits_.max_cells = 2 * kGrid.points;
  EXPECT_TRUE(read(query()));
}

TEST_F(ChunkRatesTest, WhatIsOnlyWelcomeIsLeftOutWhereItIsTooMuch) {
  RateQuery of_service = query();
  of_service.needed = {{{"service"}, std::nullopt}};
  of_service.welcome = {by_operation()};
  limits_.max_cells = 2 * kGrid.points;
  for (const std::size_t pieces : {1U, 2U}) {
    limits_.max_pieces = pieces;
    const auto answer = read(of_service);
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_NE((*answer)->find(of_service.needed[0]), nullptr);
    EXPECT_EQ((*answer)->find(of_service.needed[0])->series.size(), 1U);
    EXPECT_EQ((*answer)->find(by_operation()), nullptr);
  }
  limits_.max_cells = kGrid.points - 1;
  EXPECT_THAT(refusal(of_service, ErrorKind::answer_too_large), HasSubstr("--store.max-cells"));
}

TEST_F(ChunkRatesTest, BrokenStreamsAreErrorsOfTheStore) {
  store_.spoil = [](std::string body, const auto&) {
    body[body.size() / 2] = static_cast<char>(body[body.size() / 2] ^ 1);
    return body;
  };
  EXPECT_THAT(refusal(query(), ErrorKind::store_misbehaved), HasSubstr("checksum"));
  store_.spoil = [](const std::string& body, const auto&) { return body.substr(0, body.size() - 1); };
  EXPECT_THAT(refusal(query(), ErrorKind::store_misbehaved), HasSubstr("middle of a frame"));
  store_.spoil = [](const std::string& body, const auto&) { return "HTTP" + body; };
  EXPECT_NE(refusal(query(), ErrorKind::store_misbehaved), "");
}

TEST_F(ChunkRatesTest, NativeHistogramsAreLeftToTheStore) {
  for (const auto encoding : {2, 3}) {
    store_.encoding = static_cast<std::uint64_t>(encoding);
    const auto answer = read(query());
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(*answer, nullptr);
  }
  store_.encoding = 4;
  EXPECT_THAT(refusal(query(), ErrorKind::store_misbehaved), HasSubstr("encoding 4"));
}

TEST_F(ChunkRatesTest, TheFirstFailureEndsTheOtherPieces) {
  limits_.max_pieces = 4;
  store_.hangs = [](const auto& read) { return read.from_ms > kStart + 60 * kMinute; };
  store_.outcome = [](const auto&) { return base::fail(ErrorKind::rate_limited, "too many reads"); };
  EXPECT_EQ(refusal(query(), ErrorKind::rate_limited), "too many reads");
  EXPECT_EQ(store_.cancelled, store_.hanging);
}

TEST_F(ChunkRatesTest, ALimitOfOnePieceEndsTheOthers) {
  limits_.max_pieces = 4;
  limits_.max_samples = 100;
  store_.hangs = [](const auto& read) { return read.from_ms > kStart + 60 * kMinute; };
  EXPECT_THAT(refusal(query(), ErrorKind::answer_too_large), HasSubstr("--store.max-raw-samples"));
  EXPECT_EQ(store_.cancelled, store_.hanging);
}

TEST_F(ChunkRatesTest, CancellationReachesEveryPiece) {
  limits_.max_pieces = 4;
  store_.hangs = [](const auto&) { return true; };
  std::promise<void> all_hang;
  store_.on_hanging = [&] {
    if (store_.hanging == 4) all_hang.set_value();
  };
  const auto strand = asio::make_strand(io_);
  asio::cancellation_signal signal;
  std::promise<base::Result<RateAnswerPtr>> ended;
  auto source = create_chunk_rates(store_, variant_, limits_);
  asio::co_spawn(
      strand, source->read(query(), context_),
      asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, base::Result<RateAnswerPtr> answer) {
        ended.set_value(std::move(answer));
      }));
  all_hang.get_future().get();
  // What runs holds all it needs.
  source.reset();
  asio::post(strand, [&] { signal.emit(asio::cancellation_type::terminal); });
  const auto answer = ended.get_future().get();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::cancelled);
  EXPECT_EQ(store_.cancelled, 4);
}

}  // namespace
}  // namespace spm::rates
