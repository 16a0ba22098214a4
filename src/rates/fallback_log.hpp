#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include <spm/base/call_context.hpp>
#include <spm/base/error.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

#include "reader_state.hpp"

namespace spm::rates {

/// Counts each read that PromQL took over, and writes a line about it once a minute and reason. Safe from any thread.
class FallbackLog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  FallbackLog(telemetry::Metrics& metrics, telemetry::Log& log) : metrics_(metrics), log_(log) {}

  void report(Fallback reason, const base::Error& error, const base::CallContext& context, Time now);

 private:
  struct Last {
    std::optional<Time> at;
    std::uint64_t unsaid = 0;  ///< since then
  };

  /// How many were left unsaid since the last line; nullopt: this one is, too.
  std::optional<std::uint64_t> turn(Fallback reason, Time now);

  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  std::mutex mutex_;
  std::array<Last, 4> last_;  ///< in the order of Fallback
};

}  // namespace spm::rates
