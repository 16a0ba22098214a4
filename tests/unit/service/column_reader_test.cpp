#include "column_reader.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_rates.hpp"
#include "fakes.hpp"

namespace spm::service {
namespace {

using model::MetricKind;
using rates::LabelFilter;
using rates::RateAnswer;
using rates::RatePart;
using rates::RateQuery;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const LabelFilter kErrors{"status_code", {"STATUS_CODE_ERROR"}};
const RatePart kService{{"service_name"}, std::nullopt};
const RatePart kOperation{{"service_name", "span_name"}, std::nullopt};
const RatePart kFailedOfService{{"service_name"}, kErrors};
const RatePart kFailedOfOperation{{"service_name", "span_name"}, kErrors};
const RatePart kBucketsOfService{{"service_name", "le"}, std::nullopt};
const RatePart kBucketsOfOperation{{"service_name", "span_name", "le"}, std::nullopt};

class ColumnReaderTest : public testing::Test {
 protected:
  using Outcome = base::Result<std::optional<MetricsAnswer>>;

  ColumnReaderTest() {
    query_.services = {"frontend"};
    query_.span_kinds = {model::SpanKind::server};
    query_.grid = {60'000, 60'000, 2};
    query_.rate_window_ms = 600'000;
    query_.quantile = 0.5;
  }

  Outcome ask(MetricKind kind, bool by_operation = false) {
    query_.kind = kind;
    query_.group_by_operation = by_operation;
    const ColumnReader reader(templates_, rates_, max_series_);
    return run(reader.read(query_.services, query_, names_, options_, context_));
  }

  /// Answers every part that is needed with one group whose points are all `value`.
  void answer_everything(double value) {
    rates_.answer = [value](const RateQuery& query) -> base::Result<rates::RateAnswerPtr> {
      auto answer = std::make_shared<RateAnswer>();
      for (const RatePart& part : query.needed) {
        model::Matrix matrix;
        matrix.grid = query.grid;
        model::Series series;
        for (const std::string& label : part.by) series.labels.push_back({label, label == "le" ? "+Inf" : "x"});
        series.column = model::Column(query.grid.points);
        for (std::size_t i = 0; i < query.grid.points; ++i) series.column.set(i, part.only ? value / 4 : value);
        matrix.series.push_back(std::move(series));
        answer->add(part, std::move(matrix));
      }
      answer->warnings = {"half of the data"};
      answer->report.way = rates::ReadWay::chunks;
      answer->report.pieces = 2;
      answer->report.series = 40;
      answer->report.samples = 1'000;
      answer->report.bytes = 1'500;
      return answer;
    };
  }

  FakeRates rates_;
  std::size_t max_series_ = 20'000;
  promql::TemplateSet templates_ = promql::TemplateSet::built_in();
  model::MetricQuery query_;
  model::MetricNames names_;
  promql::BuildOptions options_;
  base::CallContext context_ = some_context();
};

TEST_F(ColumnReaderTest, QuestionsOfOnePageAskForTheSameColumns) {
  const auto all_parts = [](const RateQuery& query) {
    std::vector<RatePart> parts = query.needed;
    parts.insert(parts.end(), query.welcome.begin(), query.welcome.end());
    return parts;
  };
  for (const bool by_operation : {false, true}) {
    for (const MetricKind kind : {MetricKind::call_rate, MetricKind::error_rate}) {
      rates_.asked.clear();
      ASSERT_TRUE(ask(kind, by_operation));
      ASSERT_EQ(rates_.asked.size(), 1U);
      EXPECT_EQ(rates_.asked[0].metric, "traces_span_metrics_calls");
      EXPECT_THAT(all_parts(rates_.asked[0]),
                  UnorderedElementsAre(kService, kOperation, kFailedOfService, kFailedOfOperation));
    }
    rates_.asked.clear();
    ASSERT_TRUE(ask(MetricKind::latency, by_operation));
    ASSERT_EQ(rates_.asked.size(), 1U);
    EXPECT_EQ(rates_.asked[0].metric, "traces_span_metrics_duration_bucket");
    EXPECT_THAT(all_parts(rates_.asked[0]), UnorderedElementsAre(kBucketsOfService, kBucketsOfOperation));
  }
}

TEST_F(ColumnReaderTest, NeedsOnlyWhatTheQuestionIsAbout) {
  ASSERT_TRUE(ask(MetricKind::call_rate, true));
  EXPECT_EQ(rates_.asked.back().needed, std::vector<RatePart>{kOperation});
  ASSERT_TRUE(ask(MetricKind::error_rate));
  EXPECT_EQ(rates_.asked.back().needed, (std::vector<RatePart>{kService, kFailedOfService}));
  ASSERT_TRUE(ask(MetricKind::latency));
  EXPECT_EQ(rates_.asked.back().needed, std::vector<RatePart>{kBucketsOfService});
}

TEST_F(ColumnReaderTest, AsksForTheSeriesThatTheTemplatesCount) {
  options_.extra_matchers = {{"http_method", promql::MatchOp::equal, "GET"}};
  names_.membership = {{"status_code", true}};
  ASSERT_TRUE(ask(MetricKind::call_rate));
  const std::vector<promql::Matcher> expected = {{"service_name", promql::MatchOp::equal, "frontend"},
                                                 {"span_kind", promql::MatchOp::equal, "SPAN_KIND_SERVER"},
                                                 {"status_code", promql::MatchOp::not_equal, ""},
                                                 {"http_method", promql::MatchOp::equal, "GET"}};
  EXPECT_EQ(rates_.asked.back().matchers, expected);
  EXPECT_EQ(rates_.asked.back().grid, query_.grid);
  EXPECT_EQ(rates_.asked.back().window_ms, 600'000);
}

TEST_F(ColumnReaderTest, LeavesToPromqlWhatColumnsCannotSay) {
  answer_everything(1);
  names_.native_histogram = "traces_span_metrics_duration";
  auto answer = ask(MetricKind::latency);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(*answer);
  EXPECT_THAT(rates_.asked, IsEmpty());

  names_.native_histogram.clear();
  options_.vmrange_buckets = true;
  answer = ask(MetricKind::latency);
  ASSERT_TRUE(answer);
  EXPECT_FALSE(*answer);
  EXPECT_THAT(rates_.asked, IsEmpty());
}

TEST_F(ColumnReaderTest, IsNothingWithoutColumns) {
  for (const MetricKind kind : {MetricKind::call_rate, MetricKind::error_rate, MetricKind::latency}) {
    const auto answer = ask(kind);
    ASSERT_TRUE(answer);
    EXPECT_FALSE(*answer);
  }
}

TEST_F(ColumnReaderTest, ErrorsAreAFractionOfTheCalls) {
  answer_everything(8);
  const auto answer = ask(MetricKind::error_rate, true);
  ASSERT_TRUE(answer && *answer);
  ASSERT_EQ((*answer)->family->metrics.size(), 1U);
  EXPECT_EQ((*answer)->family->metrics[0].column.value(1), 0.25);
  ASSERT_EQ((*answer)->notices.size(), 1U);
  EXPECT_EQ((*answer)->notices[0].kind, NoticeKind::store_warning);
}

TEST_F(ColumnReaderTest, ErrorsSaidInMatchersAreReadByThemselves) {
  answer_everything(8);
  options_.error_matchers = {{"http_status_code", promql::MatchOp::regex, "5.."}};
  const auto answer = ask(MetricKind::error_rate);
  ASSERT_TRUE(answer && *answer);
  ASSERT_EQ(rates_.asked.size(), 2U);
  EXPECT_EQ(rates_.asked[1].matchers.back(), options_.error_matchers[0]);
  EXPECT_EQ(rates_.asked[0].matchers.size() + 1, rates_.asked[1].matchers.size());
  EXPECT_EQ((*answer)->family->metrics.at(0).column.value(0), 1.0);
}

TEST_F(ColumnReaderTest, ErrorsAreZeroWhereNothingTellsThem) {
  answer_everything(8);
  names_.status_label.clear();
  const auto answer = ask(MetricKind::error_rate);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->family->metrics.at(0).column.value(0), 0.0);
}

TEST_F(ColumnReaderTest, TellsThePlanOnlyWhenAsked) {
  answer_everything(8);
  auto answer = ask(MetricKind::call_rate);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->plan, "");
  context_.wants_plan = true;
  query_.services = {"caf\xc3\xa9 \"x\"\n"};
  answer = ask(MetricKind::call_rate);
  ASSERT_TRUE(answer && *answer);
  EXPECT_THAT((*answer)->plan, StartsWith("source=chunks; pieces=2; series=40; samples=1000; bytes=1500; ms="));
  EXPECT_THAT((*answer)->plan, HasSubstr(R"(; promql="sum(rate(traces_span_metrics_calls{service_name=\"caf\xc3\xa9)"));
  EXPECT_EQ((*answer)->plan.find('\n'), std::string::npos);
}

TEST_F(ColumnReaderTest, RefusesMoreSeriesThanAnAnswerMayHave) {
  answer_everything(8);
  max_series_ = 1;
  EXPECT_TRUE(ask(MetricKind::call_rate));
  max_series_ = 0;
  const auto answer = ask(MetricKind::call_rate);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, base::ErrorKind::answer_too_large);
  EXPECT_THAT(answer.error().message, HasSubstr("--store.max-series"));
}

TEST_F(ColumnReaderTest, PassesTheSourcesErrorsOn) {
  rates_.answer = [](const RateQuery&) -> base::Result<rates::RateAnswerPtr> {
    return base::fail(base::ErrorKind::answer_too_large, "too many samples");
  };
  const auto answer = ask(MetricKind::latency);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, base::ErrorKind::answer_too_large);
}

TEST_F(ColumnReaderTest, TellsWhatTheCacheDidAndSinceWhenTheColumnsMayBeOld) {
  const auto asked = std::chrono::steady_clock::now() - std::chrono::seconds(5);
  const std::pair<rates::Reuse, CacheResult> meant[] = {{rates::Reuse::none, CacheResult::bypass},
                                                        {rates::Reuse::miss, CacheResult::miss},
                                                        {rates::Reuse::partial, CacheResult::partial},
                                                        {rates::Reuse::hit, CacheResult::hit}};
  for (const auto& [reuse, result] : meant) {
    rates_.answer = [asked, used = reuse](const RateQuery& query) -> base::Result<rates::RateAnswerPtr> {
      auto answer = std::make_shared<RateAnswer>();
      for (const RatePart& part : query.needed) answer->add(part, {query.grid, {}});
      answer->report.reuse = used;
      answer->report.asked = asked;
      return answer;
    };
    const Outcome answer = ask(MetricKind::call_rate);
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ((*answer)->cache, result);
    EXPECT_EQ((*answer)->asked, asked);
  }
}

TEST_F(ColumnReaderTest, HeldColumnsOfUnknownAgeAreAsOldAsCanBe) {
  using Time = std::chrono::steady_clock::time_point;
  struct Row {
    rates::Reuse reuse;
    std::size_t pieces;
    Time asked;
  };
  const Row rows[] = {{rates::Reuse::none, 1, Time()},
                      {rates::Reuse::miss, 1, Time()},
                      {rates::Reuse::partial, 1, Time()},
                      {rates::Reuse::partial, 0, Time::min()},
                      {rates::Reuse::hit, 0, Time::min()}};
  for (const Row& row : rows) {
    rates_.answer = [&row](const RateQuery& query) -> base::Result<rates::RateAnswerPtr> {
      auto answer = std::make_shared<RateAnswer>();
      for (const RatePart& part : query.needed) answer->add(part, {query.grid, {}});
      answer->report.reuse = row.reuse;
      answer->report.pieces = row.pieces;
      return answer;
    };
    const Outcome answer = ask(MetricKind::call_rate);
    ASSERT_TRUE(answer && *answer);
    EXPECT_EQ((*answer)->asked, row.asked) << static_cast<int>(row.reuse) << ' ' << row.pieces;
  }
}

/// Two reads for one answer.
TEST_F(ColumnReaderTest, OfTwoReadsTheOlderOneCounts) {
  options_.error_matchers = {{"outcome", promql::MatchOp::equal, "failed"}};
  const auto begin = std::chrono::steady_clock::now();
  rates_.answer = [&](const RateQuery& query) -> base::Result<rates::RateAnswerPtr> {
    const bool first = rates_.asked.size() == 1;
    auto answer = std::make_shared<RateAnswer>();
    for (const RatePart& part : query.needed) answer->add(part, {query.grid, {}});
    answer->report.reuse = first ? rates::Reuse::hit : rates::Reuse::miss;
    answer->report.asked = begin - std::chrono::seconds(first ? 7 : 0);
    return answer;
  };
  const Outcome answer = ask(MetricKind::error_rate);
  ASSERT_TRUE(answer && *answer);
  ASSERT_EQ(rates_.asked.size(), 2U);
  EXPECT_EQ((*answer)->cache, CacheResult::partial);
  EXPECT_EQ((*answer)->asked, begin - std::chrono::seconds(7));
}

TEST_F(ColumnReaderTest, WhatIsLargeIsComputedByWorkersAlike) {
  query_.grid = {0, 1'000, 25'000};
  answer_everything(2);
  sharing::Workers workers(2);
  for (const MetricKind kind : {MetricKind::call_rate, MetricKind::error_rate, MetricKind::latency}) {
    query_.kind = kind;
    const Outcome here = ask(kind);
    const ColumnReader reader(templates_, rates_, max_series_, &workers);
    const Outcome there = run(reader.read(query_.services, query_, names_, options_, context_));
    ASSERT_TRUE(here && *here && there && *there);
    ASSERT_EQ((*there)->family->metrics.size(), (*here)->family->metrics.size());
    for (std::size_t i = 0; i < (*here)->family->metrics.size(); ++i) {
      const model::Column& left = (*here)->family->metrics[i].column;
      const model::Column& right = (*there)->family->metrics[i].column;
      ASSERT_EQ(left.count(), right.count());
      const double values[] = {left.value(24'999), right.value(24'999)};  // NaN is equal to NaN here
      EXPECT_EQ(std::bit_cast<std::uint64_t>(values[0]), std::bit_cast<std::uint64_t>(values[1]));
    }
  }
}

}  // namespace
}  // namespace spm::service
