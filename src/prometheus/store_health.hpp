#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>

#include <spm/base/result.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

#include "breaker.hpp"

namespace spm::prometheus {

/// Whether the store is worth asking, and asking again: the breaker, the retry budget and the pauses between attempts.
/// Safe from any thread.
class StoreHealth {
 public:
  using Clock = std::chrono::steady_clock;

  /// What one call showed.
  enum class Verdict : std::uint8_t {
    works,
    fails,
    unknown
  };

  StoreHealth(const StoreOptions& options, telemetry::Metrics& metrics, telemetry::Log& log);

  /// Before a call: go on, and conclude() exactly once; or store_unreachable while the breaker is open.
  base::Result<void> enter();
  void conclude(Verdict verdict, const std::string& why = {});

  /// Takes one retry from the budget, if there is one.
  bool spend_retry();
  /// How long to wait before attempt `attempt + 1`.
  std::chrono::milliseconds back_off(unsigned attempt);

 private:
  const std::string store_;  ///< for messages
  const unsigned breaker_failures_;
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;

  std::mutex mutex_;  ///< for what follows
  Breaker breaker_;
  RetryBudget retry_budget_;
  std::minstd_rand random_;
};

}  // namespace spm::prometheus
