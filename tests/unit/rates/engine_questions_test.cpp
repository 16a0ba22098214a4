#include "engine_questions.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include <spm/promql/parser.hpp>

#include "recorded_answers.hpp"

namespace spm::rates {
namespace {

constexpr RateVariant kPrometheus2 = {};
constexpr RateVariant kPrometheus3 = {WindowStart::left_open, Extrapolation::newer, Summation::compensated};

VariantSet variants_of(const test::RecordedAnswers& store) {
  return variants_by_rates(test::as_answer(store.rates), test::kRecordedAtMs) &
         variants_by_sums(test::as_answer(store.sums));
}

TEST(EngineQuestions, TellHowPrometheus2Computes) {
  EXPECT_EQ(variants_of(test::prometheus_2_42()).only(), kPrometheus2);
  EXPECT_EQ(repair_by_quantiles(test::as_answer(test::prometheus_2_42().quantiles)), BucketRepair::raise);
}

TEST(EngineQuestions, TellHowPrometheus3Computes) {
  EXPECT_EQ(variants_of(test::prometheus_3_8_1()).only(), kPrometheus3);
  EXPECT_EQ(repair_by_quantiles(test::as_answer(test::prometheus_3_8_1().quantiles)), BucketRepair::ignore_small_gaps);
}

TEST(EngineQuestions, RatesTellWindowsAndExtrapolationApart) {
  EXPECT_EQ(variants_by_rates(test::as_answer(test::prometheus_2_42().rates), test::kRecordedAtMs).size(), 2U);
  EXPECT_EQ(variants_by_sums(test::as_answer(test::prometheus_2_42().sums)).size(), 4U);
}

TEST(EngineQuestions, AnotherEngineFitsNoWay) {
  const test::RecordedAnswers other = test::victoria_metrics_1_79();
  EXPECT_TRUE(variants_by_rates(test::as_answer(other.rates), test::kRecordedAtMs).empty());
  EXPECT_TRUE(variants_by_sums(test::as_answer(other.sums)).empty());
  EXPECT_EQ(repair_by_quantiles(test::as_answer(other.quantiles)), std::nullopt);
}

TEST(EngineQuestions, OneBitIsEnoughToFitNoWay) {
  test::RecordedAnswers store = test::prometheus_2_42();
  store.quantiles[13].second = std::nextafter(store.quantiles[13].second, 10);
  EXPECT_EQ(repair_by_quantiles(test::as_answer(store.quantiles)), std::nullopt);
}

TEST(EngineQuestions, MissingAndForeignValuesFitNoWay) {
  test::RecordedAnswers store = test::prometheus_2_42();
  store.rates.pop_back();
  EXPECT_TRUE(variants_by_rates(test::as_answer(store.rates), test::kRecordedAtMs).empty());
  store.sums.emplace_back(77, 1.0);
  EXPECT_TRUE(variants_by_sums(test::as_answer(store.sums)).empty());
  store.quantiles.push_back(store.quantiles.front());
  EXPECT_EQ(repair_by_quantiles(test::as_answer(store.quantiles)), std::nullopt);
}

TEST(EngineQuestions, DoNotDependOnTheTime) {
  for (const std::int64_t at_ms : {std::int64_t{60'000'000}, test::kRecordedAtMs + 60'000}) {
    EXPECT_EQ(variants_by_rates(test::as_answer(test::prometheus_3_8_1().rates), at_ms),
              variants_by_rates(test::as_answer(test::prometheus_3_8_1().rates), test::kRecordedAtMs));
  }
}

/// A client that enforces matchers reads every question before it sends it on.
TEST(EngineQuestions, ArePromqlWithoutSelectors) {
  for (const auto& question : {rates_question(test::kRecordedAtMs), sums_question(test::kRecordedAtMs),
                               quantiles_question(test::kRecordedAtMs)}) {
    const auto tree = promql::parse(question.text);
    ASSERT_TRUE(tree) << tree.error().reason << " at " << tree.error().offset << ": " << question.text;
    EXPECT_TRUE(promql::selectors(**tree).empty());
    EXPECT_EQ(question.at_ms, test::kRecordedAtMs);
  }
}

}  // namespace
}  // namespace spm::rates
