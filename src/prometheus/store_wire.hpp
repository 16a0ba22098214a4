#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <spm/base/result.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

#include "connection.hpp"
#include "credentials.hpp"
#include "error_mapping.hpp"
#include "idle_pool.hpp"
#include "padded_buffer.hpp"
#include "store_request.hpp"
#include "tls_contexts.hpp"

namespace spm::prometheus {

/// One request on one connection of the pool, and what its answer is worth. Knows no retries. Safe from any thread;
/// its coroutines run on a strand of their caller's.
class StoreWire {
 public:
  /// `options` must outlive it.
  StoreWire(const StoreOptions& options, boost::asio::any_io_executor io, telemetry::Metrics& metrics,
            telemetry::Log& log);

  /// First reading of the certificates.
  base::Result<void> load();

  const boost::asio::any_io_executor& io() const noexcept { return io_; }

  /// How many connections the store has ended by itself.
  std::uint64_t ended_connections() const { return pool_.ended() + ended_in_use_.load(std::memory_order_acquire); }

  /// Sends on an idle connection or a new one. An idle one that turns out to have ended is replaced once. `kind` is
  /// the request in `request`, for its limits; `intake` may be nullptr.
  boost::asio::awaitable<base::Result<Exchange>> send(const Request& request, const StoreRequest& kind,
                                                      BodyIntake* intake);

  /// What an exchange without an answer means.
  base::Error no_answer(const Exchange& exchange, const StoreRequest& kind) const;
  /// The body without its Content-Encoding. Takes it out of `reply` where there is none.
  base::Result<PaddedBuffer> plain_body(Reply& reply, const StoreRequest& kind) const;
  /// What an answer means that is not the one that was asked for.
  StoreFailure failure_of(const Reply& reply, CredentialsSource credentials, const StoreRequest& kind) const;

 private:
  boost::asio::awaitable<Exchange> send_on(std::unique_ptr<Connection> connection, const Request& request,
                                           ReplyLimits limits, BodyIntake* intake);

  const StoreOptions& options_;
  const std::string store_;  ///< for messages
  const boost::asio::any_io_executor io_;
  telemetry::Metrics& metrics_;
  TlsContexts tls_contexts_;
  IdlePool<Connection> pool_;
  std::atomic<std::uint64_t> ended_in_use_{0};
};

}  // namespace spm::prometheus
