#pragma once

#include <chrono>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include <spm/rates/rate_source.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::rates {

/// Requests in flight that need the same of `source`, for the same kind of caller, share one read. A caller that is
/// cancelled, or whose deadline has passed, leaves; the last one to leave ends the read. `metrics` outlives it and
/// every call.
std::shared_ptr<RateSource> create_shared_rates(std::shared_ptr<RateSource> source,
                                                const boost::asio::any_io_executor& io, telemetry::Metrics& metrics);

}  // namespace spm::rates
