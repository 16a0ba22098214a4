#pragma once

#include <cstddef>
#include <memory>

#include <spm/prometheus/client.hpp>
#include <spm/rates/rate_source.hpp>

namespace spm::rates {

struct PromqlLimits {
  std::size_t max_pieces = 2;       ///< of one query, side by side
  std::size_t max_groups = 20'000;  ///< of one answer
};

/// Rates computed by the store: one query_range for each needed part, nothing for what is welcome. To the bit what the
/// store says, since nothing is added up here. Long ranges, and what is too much for the store at once, are asked in
/// pieces. Null where the store moves evaluation times off the grid. `repair` is written into every answer.
/// `store` outlives it and every call.
std::shared_ptr<RateSource> create_promql_rates(prometheus::PrometheusClient& store, const PromqlLimits& limits,
                                                BucketRepair repair = BucketRepair::raise);

}  // namespace spm::rates
