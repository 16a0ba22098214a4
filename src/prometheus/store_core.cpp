#include "store_core.hpp"

#include <algorithm>
#include <ctime>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/base/build_info.hpp>
#include <spm/base/utf8.hpp>

#include "header_text.hpp"
#include "inflate.hpp"
#include "probe_answer.hpp"
#include "query_form.hpp"
#include "range_decoder.hpp"

namespace spm::prometheus {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using base::Error;
using base::ErrorKind;
using namespace asio::experimental::awaitable_operators;  // NOLINT(google-build-using-namespace): operator||

namespace {

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kFirstBackOff{50};

Error cancelled() { return Error(ErrorKind::cancelled, "the caller went away"); }

Error out_of_time(const std::string& store) {
  return Error(ErrorKind::deadline_exceeded, "the metrics store at " + store + " did not answer in time");
}

bool is_set(const asio::cancellation_state& state) { return state.cancelled() != asio::cancellation_type::none; }

/// Counts one request on the wire.
class OnTheWire {
 public:
  explicit OnTheWire(telemetry::Metrics& metrics) : metrics_(metrics) { metrics_.upstream_active(1); }
  ~OnTheWire() { metrics_.upstream_active(-1); }
  OnTheWire(const OnTheWire&) = delete;
  OnTheWire& operator=(const OnTheWire&) = delete;

 private:
  telemetry::Metrics& metrics_;
};

}  // namespace

StoreCore::StoreCore(StoreOptions options, asio::any_io_executor io, telemetry::Metrics& metrics, telemetry::Log& log)
    : options_(std::move(options)),
      store_(options_.url.text()),
      io_(std::move(io)),
      metrics_(metrics),
      log_(log),
      credentials_(options_, log),
      tls_contexts_(options_.tls, log),
      admission_(options_.max_concurrent, options_.max_waiting, metrics),
      pool_(IdleLimits{options_.max_idle_connections, options_.idle_timeout, options_.max_connection_age}),
      breaker_(options_.breaker_failures, options_.breaker_open_for),
      random_(std::random_device{}()) {}

base::Result<void> StoreCore::load() {
  auto loaded = credentials_.load(Clock::now());
  if (!loaded) return loaded;
  return options_.url.tls ? tls_contexts_.load() : base::Result<void>();
}

asio::awaitable<base::Result<RangeAnswer>> StoreCore::query_range(const RangeQuery& query,
                                                                  const base::CallContext& context) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto state = co_await asio::this_coro::cancellation_state;
  const auto begun = Clock::now();
  if (context.deadline.expired()) co_return base::fail(out_of_time(store_));
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  asio::steady_timer timer(strand, context.deadline.at());
  auto attempt = admitted_query(query, context);
  auto deadline = timer.async_wait(kQuietly);
  auto first = co_await (std::move(attempt) || std::move(deadline));
  base::Result<RangeAnswer> answer = base::fail(out_of_time(store_));
  if (first.index() == 0) answer = std::move(std::get<0>(first));
  if (is_set(state)) answer = base::fail(cancelled());
  if (!answer) metrics_.upstream_finished(base::traits(answer.error().kind).label, Clock::now() - begun, 0);
  co_return answer;
}

asio::awaitable<base::Result<RangeAnswer>> StoreCore::admitted_query(const RangeQuery& query,
                                                                     const base::CallContext& context) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto state = co_await asio::this_coro::cancellation_state;
  try {
    base::Result<Admission::Slot> slot = co_await admission_.enter();
    if (!slot) co_return base::fail(std::move(slot.error()));
    if (is_set(state)) co_return base::fail(cancelled());
    base::Result<void> allowed = enter_breaker();
    if (!allowed) co_return base::fail(std::move(allowed.error()));
    const OnTheWire counted(metrics_);
    co_return co_await tried_query(query, context);
  } catch (const std::exception& defect) {
    conclude(Verdict::unknown, "");
    log_.error("a query to the metrics store failed by a defect", {{"reason", defect.what()}});
  }
  co_return base::fail(ErrorKind::internal, "the query failed by a defect of this service");
}

asio::awaitable<base::Result<RangeAnswer>> StoreCore::tried_query(const RangeQuery& query,
                                                                  const base::CallContext& context) {
  const auto state = co_await asio::this_coro::cancellation_state;
  const auto begun = Clock::now();
  bool credentials_renewed = false;
  for (unsigned attempt = 0;;) {
    const Authorization authorization = credentials_.choose(context.bearer_token, Clock::now());
    if (!is_header_value(authorization.value)) {
      conclude(Verdict::unknown, "");
      co_return base::fail(ErrorKind::unauthenticated, "the bearer token holds characters that no token may hold");
    }
    const auto time_left = std::max(context.deadline.left(), std::chrono::milliseconds{1});
    std::string form = range_form(query, time_left, options_.extra_parameters);
    Request request = make_request("/api/v1/query_range", std::move(form), authorization);
    if (!context.traceparent.empty() && is_header_value(context.traceparent)) {
      request.set("traceparent", context.traceparent);
    }
    if (!context.request_id.empty() && is_header_value(context.request_id)) {
      request.set("X-Request-Id", context.request_id);
    }

    base::Result<Exchange> exchange = co_await send(request);
    if (is_set(state)) {
      conclude(Verdict::unknown, "");
      co_return base::fail(cancelled());
    }
    if (!exchange) {
      conclude(Verdict::fails, exchange.error().message);
      co_return base::fail(std::move(exchange.error()));
    }
    if (exchange->outcome != Exchange::Outcome::answered) {
      Error problem = no_answer(*exchange);
      // An answer over our limits is the query's fault, not the store's.
      const bool works = exchange->outcome == Exchange::Outcome::too_large;
      conclude(works ? Verdict::works : Verdict::fails, problem.message);
      co_return base::fail(std::move(problem));
    }
    Reply& reply = exchange->reply;
    if (reply.status == 200) {
      conclude(Verdict::works, "");
      const std::size_t bytes = reply.body.size();
      base::Result<RangeAnswer> answer = decode(reply, query);
      if (answer) metrics_.upstream_finished("ok", Clock::now() - begun, bytes);
      co_return answer;
    }

    bool may_retry = false;
    Verdict verdict = Verdict::works;
    Error error = failure_of(reply, authorization.source, may_retry, verdict);
    if (error.kind == ErrorKind::store_refused_us && !credentials_renewed && credentials_.read_again(Clock::now())) {
      credentials_renewed = true;  // they were rotated since the last reading
      continue;
    }
    const std::chrono::milliseconds delay = jittered(attempt);
    const bool again = may_retry && attempt < options_.max_retries && delay < context.deadline.left() && spend_retry();
    if (!again) {
      conclude(verdict, error.message);
      co_return base::fail(std::move(error));
    }
    metrics_.upstream_retried();
    log_.debug("asking the metrics store again", {{"reason", error.message}, {"request_id", context.request_id}});
    ++attempt;
    const bool rested = co_await back_off(delay);
    if (!rested) {
      conclude(Verdict::unknown, "");
      co_return base::fail(cancelled());
    }
  }
}

asio::awaitable<base::Result<Exchange>> StoreCore::send(const Request& request) {
  const TlsSetup setup = options_.url.tls ? tls_contexts_.current() : TlsSetup();
  std::unique_ptr<Connection> connection = pool_.take(Clock::now(), setup.generation);
  if (connection) {
    Exchange reused = co_await send_on(std::move(connection), request);
    if (reused.outcome != Exchange::Outcome::dead_before_answer) co_return std::move(reused);
    // It had ended while idle. That is no failure of the store.
  }
  auto opening = Connection::open(io_, options_, setup, metrics_);
  base::Result<std::unique_ptr<Connection>> fresh = co_await std::move(opening);
  if (!fresh) co_return base::fail(std::move(fresh.error()));
  connection = std::move(*fresh);
  Exchange exchange = co_await send_on(std::move(connection), request);
  co_return std::move(exchange);
}

asio::awaitable<Exchange> StoreCore::send_on(std::unique_ptr<Connection> connection, const Request& request) {
  const ReplyLimits limits{options_.max_body_bytes, options_.max_compressed_bytes};
  Exchange exchange = co_await connection->exchange(request, limits);
  if (exchange.reusable) pool_.put(std::move(connection), Clock::now());
  co_return std::move(exchange);
}

Error StoreCore::no_answer(const Exchange& exchange) const {
  const std::string store = "the metrics store at " + store_;
  if (exchange.outcome == Exchange::Outcome::dead_before_answer) {
    return Error(ErrorKind::store_misbehaved, store + " gave no answer: " + exchange.problem);
  }
  return Error(ErrorKind::store_misbehaved, "the answer of " + store + " is not usable: " + exchange.problem);
}

asio::awaitable<bool> StoreCore::back_off(std::chrono::milliseconds delay) {
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  const auto state = co_await asio::this_coro::cancellation_state;
  asio::steady_timer timer(strand, delay);
  static_cast<void>(co_await timer.async_wait(kQuietly));
  co_return !is_set(state);
}

asio::awaitable<base::Result<void>> StoreCore::probe(base::Deadline deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto state = co_await asio::this_coro::cancellation_state;
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  asio::steady_timer timer(strand, deadline.at());
  auto attempt = probe_once(deadline);
  auto timeout = timer.async_wait(kQuietly);
  auto first = co_await (std::move(attempt) || std::move(timeout));
  base::Result<void> result = base::fail(out_of_time(store_));
  if (first.index() == 0) result = std::move(std::get<0>(first));
  if (is_set(state)) result = base::fail(cancelled());
  co_return result;
}

asio::awaitable<base::Result<void>> StoreCore::probe_once(base::Deadline deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  try {
    const Authorization own = credentials_.choose("", Clock::now());
    const auto time_left = std::max(deadline.left(), std::chrono::milliseconds{1});
    std::string form = probe_form(time_left, options_.extra_parameters);
    const Request request = make_request("/api/v1/query", std::move(form), own);
    base::Result<Exchange> exchange = co_await send(request);
    if (!exchange) co_return base::fail(std::move(exchange.error()));
    if (exchange->outcome != Exchange::Outcome::answered) co_return base::fail(no_answer(*exchange));
    Reply& reply = exchange->reply;
    if (reply.status == 401 || reply.status == 403) {
      // The store is there; with propagation on, only callers' tokens may be good enough for it.
      const std::lock_guard lock(mutex_);
      if (!std::exchange(noted_refused_probe_, true)) {
        log_.info("the metrics store answers, but refuses a probe with this service's own credentials",
                  {{"status", static_cast<std::int64_t>(reply.status)}});
      }
      co_return base::Result<void>();
    }
    if (reply.status < 200 || reply.status > 299) {
      bool may_retry = false;
      Verdict verdict = Verdict::works;
      co_return base::fail(failure_of(reply, own.source, may_retry, verdict));
    }
    base::Result<PaddedBuffer> body = plain_body(reply);
    if (!body) co_return base::fail(std::move(body.error()));
    base::Result<void> understood = check_probe_answer(body->text(), store_);
    if (understood) conclude(Verdict::works, "");
    co_return understood;
  } catch (const std::exception& defect) {
    log_.error("probing the metrics store failed by a defect", {{"reason", defect.what()}});
  }
  co_return base::fail(ErrorKind::internal, "probing the metrics store failed by a defect of this service");
}

base::Result<PaddedBuffer> StoreCore::plain_body(Reply& reply) const {
  if (reply.content_encoding.empty()) return std::move(reply.body);
  if (!is_inflatable(reply.content_encoding)) {
    return base::fail(ErrorKind::store_misbehaved, "the answer of the metrics store at " + store_ +
                                                       " is not usable: nobody asked for its Content-Encoding \"" +
                                                       base::printable(reply.content_encoding, 50) + "\"");
  }
  const InflateLimits limits{options_.max_body_bytes, options_.max_compression_ratio};
  return inflate(reply.body.text(), reply.content_encoding, limits);
}

base::Result<RangeAnswer> StoreCore::decode(Reply& reply, const RangeQuery& query) {
  auto body = plain_body(reply);
  if (!body) return base::fail(std::move(body.error()));
  const DecodeLimits limits{options_.max_series, options_.max_cells};
  auto decoded = decode_range_answer(*body, query.grid, limits);
  if (!decoded) {
    constexpr std::size_t kSnippet = 300;
    if (decoded.error().kind == ErrorKind::store_misbehaved) {
      decoded.error().log_detail = base::printable(body->text().substr(0, kSnippet), kSnippet);
      if (!body->text().empty() && trimmed(body->text().substr(0, kSnippet)).starts_with('<')) {
        decoded.error().message += "; is the path in " + std::string(kUrlSetting) + " right?";
      }
    }
    return base::fail(std::move(decoded.error()));
  }
  for (std::size_t i = 0; i < decoded->infos; ++i) metrics_.store_info_seen();
  RangeAnswer answer;
  answer.matrix = std::move(decoded->matrix);
  answer.warnings = std::move(decoded->warnings);
  return answer;
}

Error StoreCore::failure_of(const Reply& reply, CredentialsSource credentials, bool& may_retry, Verdict& verdict) {
  StoreReply seen;
  seen.status = reply.status;
  seen.location = reply.location;
  seen.retry_after = reply.retry_after;
  seen.body = reply.body.text();
  base::Result<PaddedBuffer> inflated;
  if (is_inflatable(reply.content_encoding)) {
    inflated = inflate(reply.body.text(), reply.content_encoding,
                       InflateLimits{std::size_t{1} << 20U, options_.max_compression_ratio});
    seen.body = inflated ? inflated->text() : std::string_view();
  }
  StoreFailure failure = map_store_failure(seen, credentials, store_, static_cast<std::int64_t>(std::time(nullptr)));
  may_retry = failure.may_retry;
  verdict = failure.counts_as_failure ? Verdict::fails : Verdict::works;
  return std::move(failure.error);
}

Request StoreCore::make_request(std::string_view path, std::string form, const Authorization& authorization) const {
  const std::string target = options_.url.path_prefix + std::string(path);
  Request request(http::verb::post, target, 11);
  request.set(http::field::host, options_.url.host_header());
  const std::string agent = std::string(base::kProgramName) + "/" + std::string(base::version());
  request.set(http::field::user_agent, agent);
  request.set(http::field::via, "1.1 " + std::string(base::kProgramName));
  request.set(http::field::accept, "application/json");
  request.set(http::field::accept_encoding, options_.ask_for_gzip ? "gzip" : "identity");
  request.set(http::field::content_type, "application/x-www-form-urlencoded");
  for (const auto& [name, value] : options_.headers) {
    if (!equal_ignoring_case(name, "authorization")) request.insert(name, value);
  }
  if (!authorization.value.empty()) request.set(http::field::authorization, authorization.value);
  request.body() = std::move(form);
  request.prepare_payload();
  return request;
}

base::Result<void> StoreCore::enter_breaker() {
  const std::lock_guard lock(mutex_);
  const auto wait = breaker_.enter(Clock::now());
  if (!wait) {
    retry_budget_.earn();
    return {};
  }
  const auto seconds = std::max(std::chrono::ceil<std::chrono::seconds>(*wait), std::chrono::seconds{1});
  Error error(ErrorKind::store_unreachable, "the metrics store at " + store_ + " is not asked for another " +
                                                std::to_string(seconds.count()) + " s, because it failed " +
                                                std::to_string(options_.breaker_failures) +
                                                " times in a row: " + breaker_.reason());
  error.retry_after = seconds;
  return base::fail(std::move(error));
}

void StoreCore::conclude(Verdict verdict, const std::string& why) {
  const std::lock_guard lock(mutex_);
  const bool was_open = breaker_.open();
  switch (verdict) {
    case Verdict::works:
      breaker_.success();
      break;
    case Verdict::fails:
      breaker_.failure(Clock::now(), why);
      break;
    case Verdict::unknown:
      breaker_.abandoned();
      break;
  }
  if (breaker_.open() == was_open) return;
  metrics_.breaker_open(breaker_.open());
  if (breaker_.open()) {
    log_.error("the metrics store failed several times in a row and gets a pause", {{"reason", why}});
  } else {
    log_.info("the metrics store works again");
  }
}

bool StoreCore::spend_retry() {
  const std::lock_guard lock(mutex_);
  return retry_budget_.spend();
}

std::chrono::milliseconds StoreCore::jittered(unsigned attempt) {
  const auto most = kFirstBackOff * (1U << std::min(attempt, 5U)) * 2;
  const std::lock_guard lock(mutex_);
  std::uniform_int_distribution<std::int64_t> spread(most.count() / 4, most.count());
  return std::chrono::milliseconds{spread(random_)};
}

}  // namespace spm::prometheus
