#include "variant_agreement.hpp"

#include <algorithm>
#include <cmath>

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "column_sums.hpp"
#include "engine_store.hpp"
#include "rate_window.hpp"

namespace spm::rates {
namespace {

constexpr std::int64_t kTo = test::kRecordedAtMs;
constexpr std::int64_t kFrom = kTo - 900'000;

const std::vector<Grouping> kGroupings = {{"service"}, {"service", "operation"}};

std::vector<RecordedSeries> recorded() {
  std::vector<RecordedSeries> all;
  for (const test::StoredSeries& stored : test::busy_series(kTo)) {
    RecordedSeries series;
    series.labels = stored.labels;
    for (const auto& [time_ms, value] : stored.samples) {
      if (time_ms < kFrom) continue;
      series.times_ms.push_back(time_ms);
      series.values.push_back(value);
    }
    all.push_back(std::move(series));
  }
  return all;
}

/// As a store of `variant` answers.
std::vector<model::Matrix> answers(const std::vector<RecordedSeries>& series, const ComparisonGrid& at,
                                   const RateVariant& variant) {
  RateWindow window(at.grid, at.window_ms, variant.window_start, variant.extrapolation);
  ColumnSums sums(at.grid, variant.summation, kGroupings, 1'000'000);
  for (const RecordedSeries& one : series) {
    std::vector<LabelView> labels;
    for (const auto& [name, value] : one.labels) labels.push_back({name, value});
    EXPECT_TRUE(sums.add(labels, window.compute(one.times_ms, one.values)));
  }
  return sums.finish();
}

Agreement agreement(const std::vector<RecordedSeries>& series, const ComparisonGrid& at,
                    const std::vector<model::Matrix>& of_store) {
  const std::vector<const model::Matrix*> matrices = {&of_store[0], &of_store[1]};
  const auto made = compare_variants(series, at, kGroupings, matrices);
  EXPECT_TRUE(made);
  return made.value();
}

TEST(VariantAgreement, EveryVariantIsFoundOnBusyData) {
  const std::vector<RecordedSeries> series = recorded();
  const ComparisonGrid at = choose_grid(series, kFrom, kTo, 0).value();
  for (std::size_t i = 0; i < VariantSet::kVariants; ++i) {
    const RateVariant variant = VariantSet::variant(i);
    const Agreement seen = agreement(series, at, answers(series, at, variant));
    EXPECT_EQ(seen.fitting.only(), variant) << describe(variant);
    EXPECT_EQ(seen.points, 48U);
    EXPECT_GE(seen.moving, 40U);
  }
}

TEST(VariantAgreement, GroupsMayComeInAnyOrder) {
  const std::vector<RecordedSeries> series = recorded();
  const ComparisonGrid at = choose_grid(series, kFrom, kTo, 0).value();
  std::vector<model::Matrix> of_store = answers(series, at, RateVariant());
  std::ranges::reverse(of_store[1].series);
  for (model::Series& one : of_store[1].series) std::ranges::reverse(one.labels);
  EXPECT_EQ(agreement(series, at, of_store).fitting.only(), RateVariant());
}

TEST(VariantAgreement, OneBitContradicts) {
  const std::vector<RecordedSeries> series = recorded();
  const ComparisonGrid at = choose_grid(series, kFrom, kTo, 0).value();
  std::vector<model::Matrix> of_store = answers(series, at, RateVariant());
  model::Column& column = of_store[1].series[1].column;
  column.set(5, std::nextafter(column.value(5), 1e300));
  const Agreement seen = agreement(series, at, of_store);
  EXPECT_TRUE(seen.fitting.empty());
  EXPECT_THAT(seen.contradiction, ::testing::HasSubstr("the store says"));
}

TEST(VariantAgreement, MissingPointsAndGroupsContradict) {
  const std::vector<RecordedSeries> series = recorded();
  const ComparisonGrid at = choose_grid(series, kFrom, kTo, 0).value();
  std::vector<model::Matrix> of_store = answers(series, at, RateVariant());
  const model::Column whole = of_store[0].series[0].column;
  model::Column less(whole.size());
  for (std::size_t i = 1; i < whole.size(); ++i) less.set(i, whole.value(i));
  of_store[0].series[0].column = less;
  EXPECT_TRUE(agreement(series, at, of_store).fitting.empty());

  of_store[0].series[0].column = whole;
  of_store[1].series.pop_back();
  EXPECT_TRUE(agreement(series, at, of_store).fitting.empty());
}

TEST(VariantAgreement, CountersThatStandStillTellNothing) {
  std::vector<RecordedSeries> series = recorded();
  for (RecordedSeries& one : series) std::ranges::fill(one.values, 7.0);
  const ComparisonGrid at = choose_grid(series, kFrom, kTo, 0).value();
  const Agreement seen = agreement(series, at, answers(series, at, RateVariant()));
  EXPECT_EQ(seen.moving, 0U);
  EXPECT_GT(seen.points, 0U);
}

TEST(VariantAgreement, OtherTimesThanAskedForAreAnError) {
  const std::vector<RecordedSeries> series = recorded();
  const ComparisonGrid at = choose_grid(series, kFrom, kTo, 0).value();
  std::vector<model::Matrix> of_store = answers(series, at, RateVariant());
  of_store[0].grid.start_ms += 1;
  const std::vector<const model::Matrix*> matrices = {&of_store[0], &of_store[1]};
  EXPECT_FALSE(compare_variants(series, at, kGroupings, matrices));
}

}  // namespace
}  // namespace spm::rates
