#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

#include "admission.hpp"
#include "breaker.hpp"
#include "connection.hpp"
#include "credentials.hpp"
#include "idle_pool.hpp"
#include "tls_contexts.hpp"

namespace spm::prometheus {

/// What all calls to one store share, and the steps of one call. Held by every call in flight. The coroutines run on a
/// strand of their call; the shared parts lock for themselves.
class StoreCore {
 public:
  StoreCore(StoreOptions options, boost::asio::any_io_executor io, telemetry::Metrics& metrics, telemetry::Log& log);

  /// First reading of the files. Once, before anything else.
  base::Result<void> load();

  /// A query within its deadline: waits for its turn, sends, tries again where that can help, decodes.
  boost::asio::awaitable<base::Result<RangeAnswer>> query_range(const RangeQuery& query,
                                                                const base::CallContext& context);
  /// One request outside the queue and the breaker, which it closes when it succeeds.
  boost::asio::awaitable<base::Result<void>> probe(base::Deadline deadline);

  const boost::asio::any_io_executor& io() const noexcept { return io_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Verdict : std::uint8_t {
    works,
    fails,
    unknown
  };

  boost::asio::awaitable<base::Result<RangeAnswer>> admitted_query(const RangeQuery& query,
                                                                   const base::CallContext& context);
  boost::asio::awaitable<base::Result<RangeAnswer>> tried_query(const RangeQuery& query,
                                                                const base::CallContext& context);
  boost::asio::awaitable<base::Result<void>> probe_once(base::Deadline deadline);

  /// Sends on an idle connection or a new one. An idle one that turns out to have ended is replaced once.
  boost::asio::awaitable<base::Result<Exchange>> send(const Request& request);
  boost::asio::awaitable<Exchange> send_on(std::unique_ptr<Connection> connection, const Request& request);
  base::Error no_answer(const Exchange& exchange) const;
  /// Waits before a retry; false when cancelled meanwhile.
  boost::asio::awaitable<bool> back_off(std::chrono::milliseconds delay);

  base::Result<RangeAnswer> decode(Reply& reply, const RangeQuery& query);
  base::Result<PaddedBuffer> plain_body(Reply& reply) const;
  base::Error failure_of(const Reply& reply, CredentialsSource credentials, bool& may_retry, Verdict& verdict);

  Request make_request(std::string_view path, std::string form, const Authorization& authorization) const;

  base::Result<void> enter_breaker();
  void conclude(Verdict verdict, const std::string& why);
  bool spend_retry();
  std::chrono::milliseconds jittered(unsigned attempt);

  const StoreOptions options_;
  const std::string store_;  ///< for messages
  const boost::asio::any_io_executor io_;
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;

  Credentials credentials_;
  TlsContexts tls_contexts_;
  Admission admission_;
  IdlePool<Connection> pool_;

  std::mutex mutex_;  ///< for what follows
  Breaker breaker_;
  RetryBudget retry_budget_;
  std::minstd_rand random_;
  bool noted_refused_probe_ = false;
};

}  // namespace spm::prometheus
