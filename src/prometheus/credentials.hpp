#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include <spm/base/result.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/telemetry/log.hpp>

#include "error_mapping.hpp"

namespace spm::prometheus {

/// What goes into a request's Authorization header; empty: none.
struct Authorization {
  std::string value;
  CredentialsSource source = CredentialsSource::none;
};

/// This service's own credentials, kept up to date with their file, and the choice between them and a caller's.
/// Safe from any thread. Reads a small local file every 10 s, on the thread that asks.
class Credentials {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kReadAgainAfter{10};

  Credentials(const StoreOptions& options, telemetry::Log& log);

  /// The first reading, which must succeed; the error names the setting.
  base::Result<void> load(Clock::time_point now);

  /// For one request. A caller's token goes first where the settings say so, and where there is nothing else.
  Authorization choose(std::string_view callers_token, Clock::time_point now);

  /// Reads the file at once, because the store refused what it held. Whether there is something new to try.
  bool read_again(Clock::time_point now);

 private:
  base::Result<Authorization> read_file() const;
  bool refresh(Clock::time_point now);  ///< under mutex_

  std::string token_file_;
  std::string basic_auth_file_;
  bool override_from_context_;
  telemetry::Log& log_;

  std::mutex mutex_;
  Authorization own_;
  Clock::time_point next_reading_{};
  std::string last_complaint_;
};

}  // namespace spm::prometheus
