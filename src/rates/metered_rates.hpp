#pragma once

#include <memory>

#include <spm/rates/rate_source.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::rates {

/// Counts each read of `source` and what it took. Stands behind the sharing, so that a read counts once however many
/// callers it answers. `metrics` outlives it and every call.
std::shared_ptr<RateSource> create_metered_rates(std::shared_ptr<RateSource> source, ReadWay way,
                                                 telemetry::Metrics& metrics);

}  // namespace spm::rates
