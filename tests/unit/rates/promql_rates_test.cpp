#include "promql_rates.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/promql/builder.hpp>
#include <spm/promql/parser.hpp>

#include "../prometheus/refusing_client.hpp"
#include "rate_text.hpp"

namespace spm::rates {
namespace {

namespace asio = boost::asio;
using base::ErrorKind;
using base::Result;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::int64_t kMinute = 60'000;

/// Answers each query with one series, whose values are the times.
class FakeStore final : public prometheus::testing::RefusingClient {
 public:
  std::function<Result<prometheus::RangeAnswer>(const prometheus::RangeQuery&)> answer =
      [](const prometheus::RangeQuery& query) { return times(query.grid); };
  std::vector<prometheus::RangeQuery> asked;

  static Result<prometheus::RangeAnswer> times(const model::TimeGrid& grid, const std::string& group = "frontend") {
    prometheus::RangeAnswer answer;
    answer.matrix.grid = grid;
    model::Series series{{{"service_name", group}}, model::Column(grid.points)};
    for (std::size_t i = 0; i < grid.points; ++i) series.column.set(i, static_cast<double>(grid.at(i)));
    answer.matrix.series.push_back(std::move(series));
    answer.warnings = {"partial"};
    return answer;
  }
  static Result<prometheus::RangeAnswer> too_much() {
    return base::fail(ErrorKind::query_rejected,
                      "the metrics store rejected the query: query processing would load too many samples into memory "
                      "in query execution");
  }

  asio::awaitable<Result<prometheus::RangeAnswer>> query_range(prometheus::RangeQuery query,
                                                               const base::CallContext& /*context*/) override {
    asked.push_back(query);
    co_return answer(query);
  }
};

RateQuery an_hour() {
  RateQuery query;
  query.metric = "calls_total";
  query.matchers = {{"service_name", promql::MatchOp::equal, "frontend"}};
  query.window_ms = 10 * kMinute;
  query.grid = {1'000'000, kMinute, 60};
  query.needed = {RatePart{{"service_name"}, std::nullopt}};
  query.welcome = {RatePart{{"service_name", "span_name"}, std::nullopt}};
  return query;
}

class PromqlRatesTest : public ::testing::Test {
 protected:
  Result<RateAnswerPtr> read(RateQuery query, const PromqlLimits& limits = {}) {
    const auto source = create_promql_rates(store_, limits, BucketRepair::ignore_small_gaps);
    const base::CallContext context(base::Deadline::after(std::chrono::seconds{30}));
    asio::io_context io;
    std::optional<Result<RateAnswerPtr>> outcome;
    asio::co_spawn(io, source->read(std::move(query), context),
                   [&](const std::exception_ptr& problem, Result<RateAnswerPtr> answer) {
                     if (problem) std::rethrow_exception(problem);
                     outcome.emplace(std::move(answer));
                   });
    io.run();
    return std::move(outcome.value());
  }
  std::vector<std::size_t> asked_points() const {
    std::vector<std::size_t> points;
    points.reserve(store_.asked.size());
    for (const prometheus::RangeQuery& query : store_.asked) points.push_back(query.grid.points);
    return points;
  }

  FakeStore store_;
};

/// The innermost sum of a text's tree, and the last one where there are two.
const promql::Expr* last_sum(const promql::Expr& expr) {
  if (expr.as<promql::Aggregation>() != nullptr) return &expr;
  if (const auto* binary = expr.as<promql::Binary>()) {
    const promql::Expr* right = last_sum(*binary->right);
    return right != nullptr ? right : last_sum(*binary->left);
  }
  if (const auto* call = expr.as<promql::Call>()) return last_sum(*call->arguments.back());
  return nullptr;
}

/// Whether `part` of `query` is asked exactly as the built-in template asks for it.
void expect_as_template(const RateQuery& query, const RatePart& part, const model::MetricNames& names,
                        const model::MetricQuery& question, model::MetricKind kind, bool first_side) {
  const auto text = promql::build(promql::TemplateSet::built_in(), names, question, question.services, kind);
  ASSERT_TRUE(text);
  const auto whole = promql::parse(*text);
  const auto mine = promql::parse(rate_text(query, part));
  ASSERT_TRUE(whole && mine) << rate_text(query, part);
  const promql::Expr* inner = last_sum(**whole);
  if (first_side) inner = (*whole)->as<promql::Binary>()->left.get();
  ASSERT_NE(inner, nullptr);
  EXPECT_TRUE(promql::same_tree(**mine, *inner)) << rate_text(query, part) << "\nin\n" << *text;
}

TEST(RateText, IsTheInsideOfTheBuiltInTemplates) {
  for (const std::string metric : {"calls", "calls.total", "sum"}) {
    model::MetricNames names;
    names.calls = metric;
    names.bucket = metric;
    names.operation_label = "span.name";
    names.error_values = {"STATUS_CODE_ERROR", "Error.|\"\\"};
    model::MetricQuery question;
    question.services = {"front\"end", "b.c"};
    question.span_kinds = {model::SpanKind::server};
    question.group_by_operation = true;
    question.rate_window_ms = 90'500;

    RateQuery query = an_hour();
    query.metric = metric;
    query.window_ms = 90'500;
    query.matchers = {promql::match_any("service_name", question.services),
                      {"span_kind", promql::MatchOp::equal, "SPAN_KIND_SERVER"}};
    RatePart part;
    part.by = {"service_name", "span.name"};
    expect_as_template(query, part, names, question, model::MetricKind::call_rate, false);
    expect_as_template(query, part, names, question, model::MetricKind::error_rate, false);
    part.only = LabelFilter{"status_code", names.error_values};
    expect_as_template(query, part, names, question, model::MetricKind::error_rate, true);
    names.error_values = {"STATUS_CODE_ERROR"};
    part.only->values = names.error_values;
    expect_as_template(query, part, names, question, model::MetricKind::error_rate, true);

    const auto latency =
        promql::build(promql::TemplateSet::built_in(), names, question, question.services, model::MetricKind::latency);
    part = RatePart{{"service_name", "span.name", "le"}, std::nullopt};
    const auto whole = promql::parse(*latency);
    const auto mine = promql::parse(rate_text(query, part));
    ASSERT_TRUE(whole && mine);
    const auto* scaled = (*whole)->as<promql::Binary>();
    ASSERT_NE(scaled, nullptr);
    EXPECT_TRUE(promql::same_tree(**mine, *last_sum(*scaled->left))) << *latency;
  }
}

TEST(RateText, AMetricAloneAndNoLabels) {
  RateQuery query = an_hour();
  query.matchers.clear();
  EXPECT_EQ(rate_text(query, RatePart{}), "sum(rate(calls_total[10m])) by ()");
}

TEST_F(PromqlRatesTest, AsksForWhatIsNeededOnly) {
  const auto answer = read(an_hour());
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_THAT(store_.asked, SizeIs(1));
  EXPECT_EQ(store_.asked[0].text, "sum(rate(calls_total{service_name=\"frontend\"}[10m])) by (service_name)");
  EXPECT_EQ(store_.asked[0].grid, an_hour().grid);
  ASSERT_NE(*answer, nullptr);
  ASSERT_THAT((*answer)->columns, SizeIs(1));
  const model::Matrix* columns = (*answer)->find(an_hour().needed[0]);
  ASSERT_NE(columns, nullptr);
  EXPECT_EQ(columns->grid, an_hour().grid);
  EXPECT_EQ((*answer)->bucket_repair, BucketRepair::ignore_small_gaps);
  EXPECT_EQ((*answer)->report.way, ReadWay::promql);
  EXPECT_EQ((*answer)->report.pieces, 1U);
  EXPECT_EQ((*answer)->report.series, 1U);
  EXPECT_EQ((*answer)->report.samples, 60U);
}

TEST_F(PromqlRatesTest, SeveralPartsAreSeveralQueries) {
  RateQuery query = an_hour();
  query.needed.push_back(RatePart{{"service_name"}, LabelFilter{"status_code", {"a", "b"}}});
  query.needed.push_back(query.needed[0]);
  const auto answer = read(query);
  ASSERT_TRUE(answer) << answer.error().message;
  ASSERT_THAT(store_.asked, SizeIs(2)) << "a part that is needed twice is asked twice";
  EXPECT_THAT(store_.asked[1].text, HasSubstr("status_code=~\"a|b\""));
  EXPECT_NE((*answer)->find(query.needed[0]), nullptr);
  EXPECT_NE((*answer)->find(query.needed[1]), nullptr);
  EXPECT_THAT((*answer)->warnings, ElementsAre("partial"));
  EXPECT_EQ((*answer)->report.pieces, 2U);
  EXPECT_EQ((*answer)->report.samples, 120U);
}

TEST_F(PromqlRatesTest, LongRangesAreAskedInPieces) {
  PromqlLimits limits;
  limits.max_pieces = 4;
  RateQuery query = an_hour();
  query.grid.points = 1'000;
  const auto answer = read(query, limits);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(asked_points(), ElementsAre(250, 250, 250, 250));
  const model::Matrix& columns = *(*answer)->columns[0].second;
  EXPECT_EQ(columns.grid, query.grid);
  ASSERT_THAT(columns.series, SizeIs(1));
  for (std::size_t i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(columns.series[0].column.has(i));
    ASSERT_EQ(columns.series[0].column.value(i), static_cast<double>(query.grid.at(i)));
  }
}

TEST_F(PromqlRatesTest, PiecesMustBeWorthTheWindowsTheyRepeat) {
  PromqlLimits limits;
  limits.max_pieces = 8;
  RateQuery query = an_hour();
  query.grid.points = 399;
  ASSERT_TRUE(read(query, limits));
  EXPECT_THAT(asked_points(), ElementsAre(399)) << "less than 200 points each";
  store_.asked.clear();
  query.grid.points = 1'000;
  query.window_ms = 124 * kMinute;
  ASSERT_TRUE(read(query, limits));
  EXPECT_THAT(asked_points(), ElementsAre(500, 500)) << "999 minutes have room for eight windows";
}

TEST_F(PromqlRatesTest, WhatIsTooMuchIsHalved) {
  store_.answer = [](const prometheus::RangeQuery& query) {
    return query.grid.points > 17 ? FakeStore::too_much() : FakeStore::times(query.grid);
  };
  const auto answer = read(an_hour());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_THAT(asked_points(), ElementsAre(60, 30, 30, 15, 15, 15, 15));
  EXPECT_EQ((*answer)->columns[0].second->series[0].column.count(), 60U);
  EXPECT_EQ((*answer)->report.pieces, 7U);
}

TEST_F(PromqlRatesTest, TooManyGroupsNameTheSetting) {
  store_.answer = [](const prometheus::RangeQuery& query) {
    return FakeStore::times(query.grid, std::to_string(query.grid.start_ms));
  };
  PromqlLimits limits;
  limits.max_groups = 1;
  RateQuery query = an_hour();
  query.grid.points = 1'000;
  const auto answer = read(query, limits);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::answer_too_large);
  EXPECT_THAT(answer.error().message, HasSubstr("--store.max-series"));
}

TEST_F(PromqlRatesTest, GroupsEndWhereTheirPiecesEnd) {
  // Nothing in the second piece: the joined answer is shorter than what was asked for.
  store_.answer = [](const prometheus::RangeQuery& query) {
    auto answer = FakeStore::times(query.grid);
    if (query.grid.start_ms > an_hour().grid.start_ms) answer->matrix.series.clear();
    return answer;
  };
  RateQuery query = an_hour();
  query.grid.points = 401;
  const auto answer = read(query);
  ASSERT_TRUE(answer);
  ASSERT_NE(*answer, nullptr);
  const model::Matrix& columns = *(*answer)->columns[0].second;
  EXPECT_EQ(columns.grid, query.grid);
  ASSERT_EQ(columns.series[0].column.size(), 401U);
  EXPECT_EQ(columns.series[0].column.count(), 200U);
  EXPECT_FALSE(columns.series[0].column.has(200));
}

TEST_F(PromqlRatesTest, GroupsWithoutAPointAreNotThere) {
  store_.answer = [](const prometheus::RangeQuery& query) {
    auto answer = FakeStore::times(query.grid);
    answer->matrix.series.push_back({{{"service_name", "idle"}}, model::Column(query.grid.points)});
    return answer;
  };
  const auto answer = read(an_hour());
  ASSERT_TRUE(answer);
  EXPECT_THAT((*answer)->columns[0].second->series, SizeIs(1));
}

TEST_F(PromqlRatesTest, NoColumnsOfAStoreThatMovesTheTimes) {
  store_.answer = [](const prometheus::RangeQuery& query) {
    model::TimeGrid moved = query.grid;
    moved.start_ms -= 1;
    return FakeStore::times(moved);
  };
  const auto answer = read(an_hour());
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, nullptr);
}

TEST_F(PromqlRatesTest, TheStoresErrorComesOut) {
  store_.answer = [](const prometheus::RangeQuery&) -> Result<prometheus::RangeAnswer> {
    return base::fail(ErrorKind::store_unreachable, "no way");
  };
  const auto answer = read(an_hour());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::store_unreachable);
  EXPECT_THAT(store_.asked, SizeIs(1));
}

}  // namespace
}  // namespace spm::rates
