#include "engine_questions.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <spm/promql/text.hpp>

#include "column_sums.hpp"
#include "rate_window.hpp"
#include "same_bits.hpp"

namespace spm::rates {
namespace {

constexpr std::string_view kCase = "case";

/// The values of an answer by the number in their label `case`. A number that nobody asked for, or that comes twice,
/// makes the answer void.
std::optional<model::Column> by_case(const prometheus::InstantAnswer& answer, std::size_t cases) {
  model::Column values(cases);
  for (const prometheus::Sample& sample : answer.samples) {
    const std::string* name = model::find_label(sample.labels, kCase);
    if (name == nullptr || sample.labels.size() != 1) return std::nullopt;
    std::size_t index = 0;
    while (index < cases && std::to_string(index) != *name) ++index;
    if (index == cases || values.has(index)) return std::nullopt;
    values.set(index, sample.value);
  }
  return values;
}

std::string with_label(const std::string& vector, std::string_view name, std::string_view value) {
  return "label_replace(" + vector + "," + promql::quote_string(name) + ',' + promql::quote_string(value) +
         R"(,"",""))";
}

std::string number_vector(double value) { return "vector(" + promql::number(value) + ')'; }

/// Collects vectors with `or`, which keeps their order.
class Union {
 public:
  void add(const std::string& vector) {
    if (!text_.empty()) text_ += " or ";
    text_ += vector;
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

// ---- rates

/// A counter that at time t is (t - zero)^2, and begins when it is `first`^2. Whole numbers, exact in both programs.
/// All in seconds.
struct RateCase {
  std::int64_t began_before;  ///< the evaluation
  std::int64_t first;
  std::int64_t window;
  std::int64_t step;  ///< between samples
};

constexpr std::array kRateCases = {
    // A sample exactly where the window starts.
    RateCase{300, 20, 60, 15},
    RateCase{900, 7, 300, 60},
    // It begins within the window, with its zero point between half a sample distance and 1.1 of them before that.
    RateCase{90, 45, 120, 15},
    RateCase{240, 90, 420, 30},
    // Its zero point is nearer than half a sample distance.
    RateCase{90, 5, 150, 15},
};

std::int64_t zero_seconds(const RateCase& one, std::int64_t at_ms) {
  return at_ms / 1000 - one.began_before - one.first;
}

std::string rate_text(const RateCase& one, std::int64_t at_ms) {
  const std::string age = "(vector(time()) - " + std::to_string(zero_seconds(one, at_ms)) + ')';
  return "rate(((" + age + " >= " + std::to_string(one.first) + ") * " + age + ")[" +
         promql::duration(one.window * 1000) + ':' + promql::duration(one.step * 1000) + "])";
}

model::Column expected_rates(const RateVariant& variant, std::int64_t at_ms) {
  model::Column expected(kRateCases.size());
  std::vector<std::int64_t> times;
  std::vector<double> values;
  for (std::size_t i = 0; i < kRateCases.size(); ++i) {
    const RateCase& one = kRateCases[i];
    times.clear();
    values.clear();
    // A subquery is evaluated at whole multiples of its step, of which `at_ms` is one.
    for (std::int64_t ago = one.began_before / one.step * one.step; ago >= 0; ago -= one.step) {
      const auto age = static_cast<double>(one.began_before + one.first - ago);
      times.push_back(at_ms - ago * 1000);
      values.push_back(age * age);
    }
    const model::TimeGrid now{at_ms, 1, 1};
    RateWindow window(now, one.window * 1000, variant.window_start, variant.extrapolation);
    const RatePoints& rates = window.compute(times, values);
    if (!rates.runs.empty()) expected.set(i, rates.values[0]);
  }
  return expected;
}

// ---- sums

using Summands = std::span<const double>;

constexpr std::array<double, 9> kManySmall = {1e16, 1, 1, 1, 1, 1, 1, 1, 1};
constexpr std::array<double, 4> kSwallowed = {1, 1e100, 1, -1e100};
constexpr std::array<double, 10> kTenths = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
constexpr std::array<Summands, 3> kSumCases = {Summands(kManySmall), Summands(kSwallowed), Summands(kTenths)};

model::Column expected_sums(Summation summation) {
  model::Column expected(kSumCases.size());
  for (std::size_t i = 0; i < kSumCases.size(); ++i) {
    ColumnSums sums(model::TimeGrid{0, 1, 1}, summation, {Grouping()}, 1);
    for (const double value : kSumCases[i]) {
      const RatePoints one{{value}, {PointRun{0, 1}}};
      if (!sums.add({}, one)) return model::Column();
    }
    expected.set(i, sums.finish().front().series.front().column.value(0));
  }
  return expected;
}

// ---- quantiles

struct Bucket {
  std::string_view le;
  double count;
};
using Buckets = std::span<const Bucket>;

constexpr std::array<Bucket, 3> kPlain = {{{"1", 3}, {"2.5", 7}, {"+Inf", 10}}};
constexpr std::array<Bucket, 5> kFalling = {{{"1", 5}, {"2.5", 4}, {"5", 9}, {"10", 8.5}, {"+Inf", 10}}};
constexpr std::array<Bucket, 4> kNearlyRising = {{{"1", 5}, {"2", 10}, {"5", 10.000000000002}, {"+Inf", 10}}};
constexpr std::array<Bucket, 4> kNearlyFalling = {{{"1", 100.00000000001}, {"2", 100}, {"5", 200}, {"+Inf", 200}}};
constexpr std::array<Bucket, 4> kNothing = {{{"1", 0}, {"2", 0}, {"5", 0}, {"+Inf", 0}}};
constexpr std::array<Bucket, 3> kWithoutInfinity = {{{"1", 1}, {"2", 2}, {"5", 3}}};
constexpr std::array<Bucket, 1> kOnlyInfinity = {{{"+Inf", 4}}};
constexpr std::array<Bucket, 3> kNegativeBound = {{{"-1", 2}, {"1", 3}, {"+Inf", 4}}};
constexpr std::array<Bucket, 4> kLateStart = {{{"1", 0}, {"2", 0}, {"5", 4}, {"+Inf", 4}}};
constexpr std::array<Bucket, 3> kAllAbove = {{{"1", 0}, {"2", 0}, {"+Inf", 6}}};
constexpr std::array<Bucket, 4> kEqualBounds = {{{"1", 1.1}, {"1.0", 2.2}, {"2", 4.7}, {"+Inf", 5.9}}};
constexpr std::array<Bucket, 4> kNoNumber = {{{"1", 1}, {"many", 9}, {"2", 3}, {"+Inf", 4}}};
constexpr std::array<Bucket, 8> kUneven = {{{"0.002", 0.0166666666666667},
                                            {"0.004", 0.0499999999999997},
                                            {"0.006", 0.183333333333333},
                                            {"0.01", 0.333333333333337},
                                            {"0.05", 0.616666666666663},
                                            {"0.1", 0.733333333333331},
                                            {"0.4", 0.766666666666669},
                                            {"+Inf", 0.783333333333329}}};
constexpr std::array<Bucket, 5> kThirds = {
    {{"0.1", 0.1}, {"0.3", 0.3333333333333333}, {"0.7", 0.7}, {"1.1", 2.2999999999999998}, {"+Inf", 3.3}}};

constexpr std::array<Buckets, 14> kQuantileCases = {
    Buckets(kPlain),           Buckets(kFalling),      Buckets(kNearlyRising),  Buckets(kNearlyFalling),
    Buckets(kNothing),         Buckets(kOnlyInfinity), Buckets(kNegativeBound), Buckets(kLateStart),
    Buckets(kWithoutInfinity), Buckets(kAllAbove),     Buckets(kEqualBounds),   Buckets(kNoNumber),
    Buckets(kUneven),          Buckets(kThirds)};
/// One a query of histogram_quantile: the last bucket's bits show with 1, those in between with the others.
constexpr std::array kQuantiles = {0.5, 0.95, 1.0};

model::Column expected_quantiles(BucketRepair repair) {
  model::Column expected(kQuantiles.size() * kQuantileCases.size());
  for (std::size_t i = 0; i < kQuantileCases.size(); ++i) {
    const Buckets buckets = kQuantileCases[i];
    std::vector<model::Column> counts(buckets.size(), model::Column(1));
    std::vector<BucketColumn> columns;
    for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket) {
      counts[bucket].set(0, buckets[bucket].count);
      const auto bound = bucket_bound(buckets[bucket].le);
      if (bound) columns.push_back({*bound, &counts[bucket]});
    }
    for (std::size_t q = 0; q < kQuantiles.size(); ++q) {
      const model::Column column = histogram_quantile(kQuantiles[q], columns, 1, repair);
      if (column.has(0)) expected.set(q * kQuantileCases.size() + i, column.value(0));
    }
  }
  return expected;
}

}  // namespace

prometheus::InstantQuery rates_question(std::int64_t at_ms) {
  Union cases;
  for (std::size_t i = 0; i < kRateCases.size(); ++i) {
    cases.add(with_label(rate_text(kRateCases[i], at_ms), kCase, std::to_string(i)));
  }
  return {std::move(cases).text(), at_ms};
}

VariantSet variants_by_rates(const prometheus::InstantAnswer& answer, std::int64_t at_ms) {
  const auto values = by_case(answer, kRateCases.size());
  if (!values) return {};
  return VariantSet::those(
      [&](const RateVariant& variant) { return same_bits(*values, expected_rates(variant, at_ms)); });
}

prometheus::InstantQuery sums_question(std::int64_t at_ms) {
  Union summands;
  for (std::size_t i = 0; i < kSumCases.size(); ++i) {
    for (std::size_t n = 0; n < kSumCases[i].size(); ++n) {
      const std::string one = with_label(number_vector(kSumCases[i][n]), kCase, std::to_string(i));
      summands.add(with_label(one, "n", std::to_string(n)));
    }
  }
  return {"sum by (" + std::string(kCase) + ") (" + std::move(summands).text() + ')', at_ms};
}

VariantSet variants_by_sums(const prometheus::InstantAnswer& answer) {
  const auto values = by_case(answer, kSumCases.size());
  if (!values) return {};
  return VariantSet::those(
      [&](const RateVariant& variant) { return same_bits(*values, expected_sums(variant.summation)); });
}

prometheus::InstantQuery quantiles_question(std::int64_t at_ms) {
  Union quantiles;
  for (std::size_t q = 0; q < kQuantiles.size(); ++q) {
    Union buckets;
    for (std::size_t i = 0; i < kQuantileCases.size(); ++i) {
      for (const Bucket& bucket : kQuantileCases[i]) {
        const std::string one = with_label(number_vector(bucket.count), "le", bucket.le);
        buckets.add(with_label(one, kCase, std::to_string(q * kQuantileCases.size() + i)));
      }
    }
    quantiles.add("histogram_quantile(" + promql::number(kQuantiles[q]) + ',' + std::move(buckets).text() + ')');
  }
  return {std::move(quantiles).text(), at_ms};
}

std::optional<BucketRepair> repair_by_quantiles(const prometheus::InstantAnswer& answer) {
  const auto values = by_case(answer, kQuantiles.size() * kQuantileCases.size());
  if (!values) return std::nullopt;
  for (const BucketRepair repair : {BucketRepair::raise, BucketRepair::ignore_small_gaps}) {
    if (same_bits(*values, expected_quantiles(repair))) return repair;
  }
  return std::nullopt;
}

}  // namespace spm::rates
