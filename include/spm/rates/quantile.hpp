#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <spm/model/matrix.hpp>

/// PromQL's histogram_quantile over classic buckets, computed from their rates to the bit as the store would.
namespace spm::rates {

/// How counts that are smaller than those of a lower bucket are mended first.
enum class BucketRepair : std::uint8_t {
  raise,             ///< up to Prometheus 2.48: each to the largest below
  ignore_small_gaps  ///< from 2.49: and those that differ by rounding only are made equal
};

/// The upper bound that a label `le` states; nullopt when it is no number, and the store ignores the bucket.
std::optional<double> bucket_bound(std::string_view le);

/// One bucket of a group. The column outlives the use.
struct BucketColumn {
  double upper_bound = 0;
  const model::Column* rates = nullptr;
};

/// The quantile of one group at every point where any of its buckets has a rate; it may be NaN. All columns have the
/// length `points`. The buckets may come in any order. Buckets without a rate at a point do not exist there.
model::Column histogram_quantile(double quantile, std::span<const BucketColumn> buckets, std::size_t points,
                                 BucketRepair repair);

}  // namespace spm::rates
