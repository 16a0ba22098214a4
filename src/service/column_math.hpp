#pragma once

#include <spm/model/matrix.hpp>
#include <spm/rates/quantile.hpp>

namespace spm::service {

/// What PromQL's histogram_quantile(quantile, buckets) * scale gives, to the bit. `buckets`: one series for each group
/// and `le`. Of the answer's series none is without a point.
model::Matrix latencies(const model::Matrix& buckets, double quantile, double scale, rates::BucketRepair repair);

/// What PromQL's errors / calls gives: series and points that both have.
model::Matrix fractions(const model::Matrix& errors, const model::Matrix& calls);

}  // namespace spm::service
