#include "store_wire.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include <spm/base/utf8.hpp>

#include "inflate.hpp"

namespace spm::prometheus {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;

namespace {

constexpr std::size_t kMaxErrorBody = std::size_t{1} << 20U;

/// Whether a limit of the request's own, not one of the settings', is what bounds its answer.
bool bounds_itself(const StoreRequest& request, const StoreOptions& options) noexcept {
  return request.max_body_bytes < options.max_body_bytes;
}

}  // namespace

StoreWire::StoreWire(const StoreOptions& options, asio::any_io_executor io, telemetry::Metrics& metrics,
                     telemetry::Log& log)
    : options_(options),
      store_(options.url.text()),
      io_(std::move(io)),
      metrics_(metrics),
      tls_contexts_(options.tls, log),
      pool_(IdleLimits{options.max_idle_connections, options.idle_timeout, options.max_connection_age}) {}

base::Result<void> StoreWire::load() { return options_.url.tls ? tls_contexts_.load() : base::Result<void>(); }

asio::awaitable<base::Result<Exchange>> StoreWire::send(const Request& request, const StoreRequest& kind,
                                                        BodyIntake* intake) {
  const ReplyLimits limits{std::min(options_.max_body_bytes, kind.max_body_bytes),
                           std::min(options_.max_compressed_bytes, kind.max_body_bytes), options_.max_stream_bytes};
  const TlsSetup setup = options_.url.tls ? tls_contexts_.current() : TlsSetup();
  std::unique_ptr<Connection> connection = pool_.take(Connection::Clock::now(), setup.generation);
  if (connection) {
    Exchange reused = co_await send_on(std::move(connection), request, limits, intake);
    if (reused.outcome != Exchange::Outcome::dead_before_answer) co_return std::move(reused);
    // It had ended while idle. That is no failure of the store.
    ended_in_use_.fetch_add(1, std::memory_order_release);
  }
  auto opening = Connection::open(io_, options_, setup, metrics_);
  base::Result<std::unique_ptr<Connection>> fresh = co_await std::move(opening);
  if (!fresh) co_return base::fail(std::move(fresh.error()));
  connection = std::move(*fresh);
  Exchange exchange = co_await send_on(std::move(connection), request, limits, intake);
  co_return std::move(exchange);
}

asio::awaitable<Exchange> StoreWire::send_on(std::unique_ptr<Connection> connection, const Request& request,
                                             ReplyLimits limits, BodyIntake* intake) {
  Exchange exchange = co_await connection->exchange(request, limits, intake);
  if (exchange.reusable) pool_.put(std::move(connection), Connection::Clock::now());
  co_return std::move(exchange);
}

Error StoreWire::no_answer(const Exchange& exchange, const StoreRequest& kind) const {
  const std::string store = "the metrics store at " + store_;
  if (exchange.outcome == Exchange::Outcome::refused) return exchange.refusal;
  if (exchange.outcome == Exchange::Outcome::too_large && kind.endpoint == StoreRequest::Endpoint::remote_read) {
    return Error(ErrorKind::answer_too_large, "the raw series that " + store +
                                                  " sends are too many bytes for one read: " + exchange.problem +
                                                  "; ask for less, or for a shorter time");
  }
  if (exchange.outcome == Exchange::Outcome::too_large && bounds_itself(kind, options_)) {
    return Error(ErrorKind::answer_too_large, "the answer of " + store + " is over " +
                                                  std::to_string(kind.max_body_bytes) +
                                                  " bytes; ask for less, or for a shorter time");
  }
  if (exchange.outcome == Exchange::Outcome::dead_before_answer) {
    return Error(ErrorKind::store_misbehaved, store + " gave no answer: " + exchange.problem);
  }
  return Error(ErrorKind::store_misbehaved, "the answer of " + store + " is not usable: " + exchange.problem);
}

base::Result<PaddedBuffer> StoreWire::plain_body(Reply& reply, const StoreRequest& kind) const {
  if (reply.content_encoding.empty()) return std::move(reply.body);
  if (!is_inflatable(reply.content_encoding)) {
    return base::fail(ErrorKind::store_misbehaved, "the answer of the metrics store at " + store_ +
                                                       " is not usable: nobody asked for its Content-Encoding \"" +
                                                       base::printable(reply.content_encoding, 50) + "\"");
  }
  InflateLimits limits{options_.max_body_bytes, options_.max_compression_ratio};
  if (bounds_itself(kind, options_)) {
    limits.max_bytes = kind.max_body_bytes;
    limits.when_over = ErrorKind::answer_too_large;
  }
  return inflate(reply.body.text(), reply.content_encoding, limits);
}

StoreFailure StoreWire::failure_of(const Reply& reply, CredentialsSource credentials, const StoreRequest& kind) const {
  StoreReply seen;
  seen.status = reply.status;
  seen.location = reply.location;
  seen.retry_after = reply.retry_after;
  seen.content_type = reply.content_type;
  seen.content_encoding = reply.content_encoding;
  seen.body = reply.body.text();
  seen.endpoint = kind.endpoint;
  base::Result<PaddedBuffer> inflated;
  if (is_inflatable(reply.content_encoding)) {
    inflated = inflate(reply.body.text(), reply.content_encoding,
                       InflateLimits{kMaxErrorBody, options_.max_compression_ratio});
    seen.body = inflated ? inflated->text() : std::string_view();
  }
  return map_store_failure(seen, credentials, store_, static_cast<std::int64_t>(std::time(nullptr)));
}

}  // namespace spm::prometheus
