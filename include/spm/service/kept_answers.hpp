#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include <spm/base/clock.hpp>
#include <spm/cache/mode.hpp>
#include <spm/cache/shelf.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/sharing/caller_kinds.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::service {

struct KeptAnswersOptions {
  /// `aligned` moves windows, anything else leaves them.
  cache::CacheMode mode = cache::CacheMode::aligned;
  /// An answer is given again for one step, and never longer than this, after the store was asked.
  std::chrono::milliseconds longest_life{60'000};

  /// Monotonic time; for tests.
  std::function<std::chrono::steady_clock::time_point()> monotonic = [] { return std::chrono::steady_clock::now(); };
};

/// What kept answers stand on. All of it outlives them and every call.
struct KeptAnswersGround {
  MetricsService& service;
  cache::Shelf& shelf;
  const sharing::CallerKinds& callers;
  boost::asio::any_io_executor executor;  ///< an io_context's
  const base::WallClock& clock;
  telemetry::Metrics& metrics;
};

/// Stands before `service`: moves windows, lets the same question of many callers at once be asked once, and gives a
/// whole answer again for as long as it is as good as new. Never keeps errors, answers that the store warns of, answers
/// without series, and those that end beyond the next step.
std::unique_ptr<MetricsService> create_kept_answers(KeptAnswersOptions options, const KeptAnswersGround& ground);

}  // namespace spm::service
