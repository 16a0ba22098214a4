#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include <spm/base/clock.hpp>
#include <spm/cache/shelf.hpp>
#include <spm/rates/rate_source.hpp>
#include <spm/sharing/caller_kinds.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::cache {

struct RateCacheOptions {
  /// --cache.overlap: points younger than this are read again with every new step.
  std::chrono::milliseconds overlap{600'000};
  /// Columns are read anew when the oldest of their points was read this long ago, whatever else holds.
  std::chrono::milliseconds max_age{3'600'000};
  /// Columns of a caller's own token are not given out for longer than this after the store last took the token.
  std::chrono::milliseconds token_trust{60'000};

  /// Monotonic time; for tests.
  std::function<std::chrono::steady_clock::time_point()> monotonic = [] { return std::chrono::steady_clock::now(); };
};

/// What the cache stands on. All of it outlives the cache and every call.
struct RateCacheGround {
  rates::RateSource& source;
  boost::asio::any_io_executor executor;  ///< an io_context's
  Shelf& shelf;
  const sharing::CallerKinds& callers;
  const base::WallClock& clock;
  telemetry::Metrics& metrics;
  telemetry::Log& log;
};

/// Keeps the columns of `source` and reads only what is missing or not final yet. Questions at once about the same
/// columns of one window share what must be read for them. What it gives is what the source
/// would have given for the same query, bit for bit.
std::unique_ptr<rates::RateSource> create_rate_cache(RateCacheOptions options, const RateCacheGround& ground);

}  // namespace spm::cache
