#pragma once

#include <cstddef>
#include <memory>

#include <spm/prometheus/client.hpp>
#include <spm/rates/rate_source.hpp>
#include <spm/rates/rate_variant.hpp>

namespace spm::rates {

/// Of one read.
struct ChunkLimits {
  std::size_t max_pieces = 2;                      ///< side by side
  std::size_t max_series = 200'000;                ///< raw
  std::size_t max_samples = 500'000'000;           ///< raw, of all pieces
  std::size_t max_bytes = std::size_t{4} << 30U;   ///< of the stream, of all pieces
  std::size_t max_cells = std::size_t{32} << 20U;  ///< groups times points of all parts
};

/// Rates computed here from raw chunks, as a store of `variant` computes them, to the bit. Fills what is needed and
/// what is welcome in one pass. Null where the series are native histograms. Errors of the store's stream, of the
/// store's refusal and those of PrometheusClient::read_chunks() come out as they are; who calls decides what to do
/// without chunks. Beside these: answer_too_large over a limit, query_rejected where series hold native histograms.
/// `repair` is written into every answer. `store` outlives it and every call.
std::shared_ptr<RateSource> create_chunk_rates(prometheus::PrometheusClient& store, RateVariant variant,
                                               const ChunkLimits& limits, BucketRepair repair = BucketRepair::raise);

}  // namespace spm::rates
