#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <system_error>

#include <spm/rates/quantile.hpp>

// The steps and the order of operations are those of Prometheus' promql/quantile.go. Built with -ffp-contract=off.

namespace spm::rates {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Bucket {
  double upper_bound = 0;
  double count = 0;
};

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
}

bool almost_equal(double a, double b) {
  constexpr double kTolerance = 1e-12;
  constexpr double kSmallest = std::numeric_limits<double>::min();
  if (a == b) return true;
  const double sum = std::abs(a) + std::abs(b);
  const double difference = std::abs(a - b);
  if (a == 0 || b == 0 || sum < kSmallest) return difference < kTolerance * kSmallest;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kTolerance;
}

void raise(std::span<Bucket> buckets) {
  double largest = buckets.front().count;
  for (Bucket& bucket : buckets.subspan(1)) {
    if (bucket.count > largest) {
      largest = bucket.count;
    } else if (bucket.count < largest) {
      bucket.count = largest;
    }
  }
}

void ignore_small_gaps(std::span<Bucket> buckets) {
  double previous = buckets.front().count;
  for (Bucket& bucket : buckets.subspan(1)) {
    if (bucket.count == previous) continue;
    if (almost_equal(previous, bucket.count) || bucket.count < previous) {
      bucket.count = previous;
    } else {
      previous = bucket.count;
    }
  }
}

/// Equal bounds, as from le="1" and le="1.0", are one bucket. Gives the number of buckets left.
std::size_t merge_equal_bounds(std::span<Bucket> buckets) {
  std::size_t last = 0;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper_bound == buckets[last].upper_bound) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  return last + 1;
}

/// The first of all buckets but the last whose count reaches `rank`, else the last; by the same halving as in Go,
/// which shows where counts are NaN.
std::size_t bucket_of_rank(std::span<const Bucket> buckets, double rank) {
  std::size_t low = 0;
  std::size_t high = buckets.size() - 1;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (buckets[middle].count >= rank) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/// `buckets`, sorted by bound and at least one, are changed.
double quantile_of(double quantile, std::span<Bucket> buckets, BucketRepair repair) {
  if (std::isnan(quantile)) return kNaN;
  if (quantile < 0) return -kInfinity;
  if (quantile > 1) return kInfinity;
  if (buckets.back().upper_bound != kInfinity) return kNaN;
  buckets = buckets.first(merge_equal_bounds(buckets));
  repair == BucketRepair::raise ? raise(buckets) : ignore_small_gaps(buckets);
  if (buckets.size() < 2) return kNaN;
  const double observations = buckets.back().count;
  if (observations == 0) return kNaN;

  double rank = quantile * observations;
  const std::size_t at = bucket_of_rank(buckets, rank);
  if (at == buckets.size() - 1) return buckets[at - 1].upper_bound;
  if (at == 0 && buckets[0].upper_bound <= 0) return buckets[0].upper_bound;
  double start = 0;
  double count = buckets[at].count;
  if (at > 0) {
    start = buckets[at - 1].upper_bound;
    count -= buckets[at - 1].count;
    rank -= buckets[at - 1].count;
  }
  return start + (buckets[at].upper_bound - start) * (rank / count);
}

}  // namespace

std::optional<double> bucket_bound(std::string_view le) {
  std::string_view number = le;
  const bool signed_number = !number.empty() && (number.front() == '+' || number.front() == '-');
  const bool negative = signed_number && number.front() == '-';
  if (signed_number) number.remove_prefix(1);
  if (equals_ignoring_case(number, "inf") || equals_ignoring_case(number, "infinity")) {
    return negative ? -kInfinity : kInfinity;
  }
  // from_chars knows more than numbers ("nan") and takes a sign itself.
  if (number.empty() || (number.front() != '.' && (number.front() < '0' || number.front() > '9'))) return std::nullopt;
  double bound = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bound);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  return negative ? -bound : bound;
}

model::Column histogram_quantile(double quantile, std::span<const BucketColumn> buckets, std::size_t points,
                                 BucketRepair repair) {
  model::Column answer(points);
  std::vector<BucketColumn> sorted(buckets.begin(), buckets.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const BucketColumn& a, const BucketColumn& b) { return a.upper_bound < b.upper_bound; });
  std::vector<Bucket> present(sorted.size());
  for (std::size_t point = 0; point < points; ++point) {
    std::size_t count = 0;
    for (const BucketColumn& bucket : sorted) {
      if (bucket.rates->has(point)) present[count++] = {bucket.upper_bound, bucket.rates->value(point)};
    }
    if (count > 0) answer.set(point, quantile_of(quantile, std::span(present).first(count), repair));
  }
  return answer;
}

}  // namespace spm::rates
