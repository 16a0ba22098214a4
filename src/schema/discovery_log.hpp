#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include <spm/base/error.hpp>
#include <spm/schema/store_schema.hpp>
#include <spm/telemetry/log.hpp>

namespace spm::schema {

/// What discovery says in the log: every change of names once, what stays wrong once a minute. Safe from any thread.
class DiscoveryLog {
 public:
  explicit DiscoveryLog(telemetry::Log& log) : log_(log) {}

  void found(const StoreSchema& schema, bool as_before);
  void failed(const base::Error& error);

 private:
  bool says_again(const std::string& what);

  telemetry::Log& log_;
  std::mutex mutex_;
  std::string last_;                                              // guarded by mutex_
  std::optional<std::chrono::steady_clock::time_point> said_at_;  // guarded by mutex_
};

}  // namespace spm::schema
