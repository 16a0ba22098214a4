#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include <spm/base/call_context.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::service {

/// Counts every notice and writes it to the log. What the store's metrics lack is the same with every answer: it is
/// logged once a minute and kind, with the number of answers in between. Safe from any thread.
class NoticeLog {
 public:
  using Clock = std::chrono::steady_clock;

  NoticeLog(telemetry::Metrics& metrics, telemetry::Log& log) : metrics_(metrics), log_(log) {}

  void report(std::span<const Notice> notices, const base::CallContext& context, Clock::time_point now);

 private:
  struct Last {
    std::optional<Clock::time_point> at;
    std::uint64_t unsaid = 0;  ///< notices since then
  };

  /// How many were left unsaid since the last line; nullopt: this one is left unsaid, too.
  std::optional<std::uint64_t> turn(NoticeKind kind, Clock::time_point now);

  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  std::mutex mutex_;
  std::array<Last, 32> last_;  ///< in the order of NoticeKind
};

}  // namespace spm::service
