#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include <spm/telemetry/log.hpp>

namespace spm::cache {

/// Writes a line about data that came late, once in a while. Safe from any thread; `log` outlives it.
class LateLog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit LateLog(telemetry::Log& log) : log_(log) {}

  /// `about`: the columns; `overlap`: what counts as settled from now on.
  void report(std::string_view about, std::chrono::milliseconds overlap, Time now);

 private:
  telemetry::Log& log_;
  std::mutex mutex_;
  std::optional<Time> said_;
  std::uint64_t unsaid_ = 0;  ///< since then
};

}  // namespace spm::cache
