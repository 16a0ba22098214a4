#pragma once

#include <mutex>
#include <optional>

#include <spm/rates/rate_reader.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::rates {

/// Tells the log and /metrics how the store is read, when that has changed. Safe from any thread.
class ReaderAnnouncer {
 public:
  ReaderAnnouncer(telemetry::Metrics& metrics, telemetry::Log& log) : metrics_(metrics), log_(log) {}

  void announce(const ReaderStatus& status);

 private:
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  std::mutex mutex_;
  std::optional<ReaderStatus> last_;
};

}  // namespace spm::rates
