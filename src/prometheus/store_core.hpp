#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

#include "admission.hpp"
#include "credentials.hpp"
#include "store_health.hpp"
#include "store_operation.hpp"
#include "store_wire.hpp"

namespace spm::prometheus {

/// What all calls to one store share, and the one way that every call takes. Held by every call in flight. The
/// coroutines run on a strand of their call; the shared parts lock for themselves.
class StoreCore {
 public:
  StoreCore(StoreOptions options, boost::asio::any_io_executor io, telemetry::Metrics& metrics, telemetry::Log& log);

  /// First reading of the files. Once, before anything else.
  base::Result<void> load();

  /// One operation within its deadline: waits for its turn, sends, tries again where that can help, reads the answer
  /// into `operation`. Both must outlive the call.
  boost::asio::awaitable<base::Result<void>> call(StoreOperation& operation, const base::CallContext& context);
  /// One request outside the queue and the breaker, which it closes when it succeeds.
  boost::asio::awaitable<base::Result<void>> probe(base::Deadline deadline);

  const StoreOptions& options() const noexcept { return options_; }
  std::uint64_t ended_connections() const { return wire_.ended_connections(); }
  const boost::asio::any_io_executor& io() const noexcept { return wire_.io(); }

 private:
  using Clock = std::chrono::steady_clock;

  boost::asio::awaitable<base::Result<void>> admitted(StoreOperation& operation, const base::CallContext& context);
  boost::asio::awaitable<base::Result<void>> attempts(StoreOperation& operation, const base::CallContext& context);
  boost::asio::awaitable<base::Result<void>> probe_once(base::Deadline deadline);

  /// What a call was given up for.
  enum class GaveUp : std::uint8_t {
    deadline,
    silence  ///< a stream did not go on
  };
  /// Waits until there is reason to give `operation` up.
  boost::asio::awaitable<GaveUp> until_given_up(StoreOperation& operation, base::Deadline deadline) const;

  /// Waits before a retry; false when cancelled meanwhile.
  boost::asio::awaitable<bool> rest(std::chrono::milliseconds delay);
  base::Result<void> read(StoreOperation& operation, Reply& reply, const StoreRequest& request,
                          Clock::time_point begun);

  const StoreOptions options_;
  const std::string store_;  ///< for messages
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;

  Credentials credentials_;
  Admission admission_;
  StoreWire wire_;
  StoreHealth health_;

  std::mutex mutex_;
  bool noted_refused_probe_ = false;  ///< under mutex_
};

}  // namespace spm::prometheus
