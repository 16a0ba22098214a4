#include "store_core.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/base/utf8.hpp>

#include "header_text.hpp"
#include "probe_answer.hpp"
#include "request_writer.hpp"

namespace spm::prometheus {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using namespace asio::experimental::awaitable_operators;  // NOLINT(google-build-using-namespace): operator||

namespace {

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);

Error cancelled() { return Error(ErrorKind::cancelled, "the caller went away"); }

Error out_of_time(const std::string& store) {
  return Error(ErrorKind::deadline_exceeded, "the metrics store at " + store + " did not answer in time");
}

/// Prometheus lets reads beyond its own limit wait without a word.
Error went_silent(const std::string& store, std::chrono::milliseconds silence) {
  return Error(ErrorKind::overloaded, "the metrics store at " + store + " has sent no raw series for " +
                                          std::to_string(silence.count()) + " ms");
}

bool is_set(const asio::cancellation_state& state) { return state.cancelled() != asio::cancellation_type::none; }

std::chrono::milliseconds time_left(const base::Deadline& deadline) {
  return std::max(deadline.left(), std::chrono::milliseconds{1});
}

using Verdict = StoreHealth::Verdict;

/// Remote read is something apart: where it fails, a proxy may forbid it or cut it off, and queries go well.
bool speaks_for_the_store(const StoreRequest& request) noexcept {
  return request.endpoint != StoreRequest::Endpoint::remote_read;
}

/// What an exchange without an answer shows.
Verdict shown_by(const Exchange& exchange, const StoreRequest& request) noexcept {
  const bool bytes_were_fine =
      exchange.outcome == Exchange::Outcome::too_large || exchange.outcome == Exchange::Outcome::refused;
  // What is over our limits is the query's fault, not the store's.
  if (bytes_were_fine) return Verdict::works;
  return speaks_for_the_store(request) ? Verdict::fails : Verdict::unknown;
}

/// What an answer shows that is not the one that was asked for.
Verdict shown_by(const StoreFailure& failure, const StoreRequest& request) noexcept {
  if (!speaks_for_the_store(request)) return Verdict::unknown;
  return failure.counts_as_failure ? Verdict::fails : Verdict::works;
}

/// Whose turn at the store a call takes.
std::string turn_of(const base::CallContext& context) {
  std::string key = context.tenant;
  key += '\0';  // in neither of them: no two pairs give one key
  return key + context.bearer_token;
}

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
      metrics_(metrics),
      log_(log),
      credentials_(options_, log),
      admission_(AdmissionLimits{options_.max_concurrent, options_.max_concurrent_reads, options_.max_waiting},
                 metrics),
      wire_(options_, std::move(io), metrics, log),
      health_(options_, metrics, log) {}

base::Result<void> StoreCore::load() {
  auto loaded = credentials_.load(Clock::now());
  if (!loaded) return loaded;
  return wire_.load();
}

asio::awaitable<base::Result<void>> StoreCore::call(StoreOperation& operation, const base::CallContext& context) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto state = co_await asio::this_coro::cancellation_state;
  const auto begun = Clock::now();
  if (context.deadline.expired()) co_return base::fail(out_of_time(store_));
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  auto attempt = admitted(operation, context);
  auto patience = until_given_up(operation, context.deadline);
  auto first = co_await (std::move(attempt) || std::move(patience));
  base::Result<void> outcome = base::fail(out_of_time(store_));
  if (first.index() == 0) {
    outcome = std::move(std::get<0>(first));
  } else if (std::get<1>(first) == GaveUp::silence) {
    outcome = base::fail(went_silent(store_, options_.max_stream_silence));
  }
  if (is_set(state)) outcome = base::fail(cancelled());
  if (!outcome) {
    const BodyIntake* const intake = operation.intake();
    metrics_.upstream_finished(base::traits(outcome.error().kind).label, Clock::now() - begun,
                               intake == nullptr ? 0 : intake->taken());
  }
  co_return outcome;
}

asio::awaitable<StoreCore::GaveUp> StoreCore::until_given_up(StoreOperation& operation, base::Deadline deadline) const {
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  const BodyIntake* const stream = operation.intake();
  asio::steady_timer timer(strand, deadline.at());
  std::size_t taken = 0;
  for (;;) {
    if (stream != nullptr) {
      taken = stream->taken();
      timer.expires_at(std::min(deadline.at(), Clock::now() + options_.max_stream_silence));
    }
    const auto [error] = co_await timer.async_wait(kQuietly);
    if (error || deadline.expired() || stream == nullptr) co_return GaveUp::deadline;
    if (stream->taken() == taken) co_return GaveUp::silence;
  }
}

asio::awaitable<base::Result<void>> StoreCore::admitted(StoreOperation& operation, const base::CallContext& context) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto state = co_await asio::this_coro::cancellation_state;
  try {
    std::string whose = turn_of(context);
    const Admission::Kind kind = operation.intake() == nullptr ? Admission::Kind::query : Admission::Kind::read;
    base::Result<Admission::Slot> slot = co_await admission_.enter(kind, std::move(whose));
    if (!slot) co_return base::fail(std::move(slot.error()));
    if (is_set(state)) co_return base::fail(cancelled());
    base::Result<void> allowed = health_.enter();
    if (!allowed) co_return base::fail(std::move(allowed.error()));
    const OnTheWire counted(metrics_);
    co_return co_await attempts(operation, context);
  } catch (const std::exception& defect) {
    health_.conclude(Verdict::unknown);
    log_.error("a query to the metrics store failed by a defect", {{"reason", defect.what()}});
  }
  co_return base::fail(ErrorKind::internal, "the query failed by a defect of this service");
}

asio::awaitable<base::Result<void>> StoreCore::attempts(StoreOperation& operation, const base::CallContext& context) {
  const auto state = co_await asio::this_coro::cancellation_state;
  const auto begun = Clock::now();
  bool credentials_renewed = false;
  const base::Result<Parameters> common = common_parameters(options_.extra_parameters, context.store_parameters);
  for (unsigned attempt = 0;;) {
    base::Result<StoreRequest> asked = operation.request(time_left(context.deadline));
    if (!common || !asked) {
      health_.conclude(Verdict::unknown);
      co_return base::fail(common ? asked.error() : common.error());
    }
    const Authorization authorization = credentials_.choose(context.bearer_token, Clock::now());
    if (!is_header_value(authorization.value)) {
      health_.conclude(Verdict::unknown);
      co_return base::fail(ErrorKind::unauthenticated, "the bearer token holds characters that no token may hold");
    }
    std::string form = whole_form(*asked, *common);
    Request request = write_request(*asked, std::move(form), options_, authorization);
    add_trace(request, context);

    base::Result<Exchange> exchange = co_await wire_.send(request, *asked, operation.intake());
    if (is_set(state)) {
      health_.conclude(Verdict::unknown);
      co_return base::fail(cancelled());
    }
    if (!exchange) {
      health_.conclude(Verdict::fails, exchange.error().message);
      co_return base::fail(std::move(exchange.error()));
    }
    if (exchange->outcome == Exchange::Outcome::streamed) {
      health_.conclude(Verdict::works);
      metrics_.upstream_finished("ok", Clock::now() - begun, operation.intake()->taken());
      co_return base::Result<void>();
    }
    if (exchange->outcome != Exchange::Outcome::answered) {
      Error problem = wire_.no_answer(*exchange, *asked);
      health_.conclude(shown_by(*exchange, *asked), problem.message);
      co_return base::fail(std::move(problem));
    }

    Reply& reply = exchange->reply;
    const StoreOperation::Handling handling = operation.handling(reply.status);
    if (handling == StoreOperation::Handling::read) {
      health_.conclude(Verdict::works);
      co_return read(operation, reply, *asked, begun);
    }
    StoreFailure failure = wire_.failure_of(reply, authorization.source, *asked);
    if (failure.error.kind == ErrorKind::store_refused_us && !credentials_renewed &&
        credentials_.read_again(Clock::now())) {
      credentials_renewed = true;  // they were rotated since the last reading
      continue;
    }
    const std::chrono::milliseconds delay = health_.back_off(attempt);
    const bool again =
        failure.may_retry && attempt < options_.max_retries && delay < context.deadline.left() && health_.spend_retry();
    if (!again) {
      health_.conclude(shown_by(failure, *asked), failure.error.message);
      if (handling == StoreOperation::Handling::read_at_last) co_return read(operation, reply, *asked, begun);
      co_return base::fail(std::move(failure.error));
    }
    metrics_.upstream_retried();
    log_.debug("asking the metrics store again",
               {{"reason", failure.error.message}, {"request_id", context.request_id}});
    ++attempt;
    const bool rested = co_await rest(delay);
    if (!rested) {
      health_.conclude(Verdict::unknown);
      co_return base::fail(cancelled());
    }
  }
}

base::Result<void> StoreCore::read(StoreOperation& operation, Reply& reply, const StoreRequest& request,
                                   Clock::time_point begun) {
  const std::size_t bytes = reply.body.size();
  auto body = wire_.plain_body(reply, request);
  if (!body) return base::fail(std::move(body.error()));
  StoreAnswer answer;
  answer.status = reply.status;
  answer.content_type = std::move(reply.content_type);
  answer.from_victoria_metrics = reply.from_victoria_metrics;
  answer.whole = reply.whole;
  answer.body = std::move(*body);
  auto outcome = operation.read(answer);
  if (outcome) {
    for (std::size_t i = 0; i < operation.infos(); ++i) metrics_.store_info_seen();
    metrics_.upstream_finished("ok", Clock::now() - begun, bytes);
  } else if (outcome.error().kind == ErrorKind::store_misbehaved) {
    constexpr std::size_t kSnippet = 300;
    const std::string_view beginning = answer.body.text().substr(0, kSnippet);
    outcome.error().log_detail = base::printable(beginning, kSnippet);
    if (trimmed(beginning).starts_with('<')) {
      outcome.error().message += "; is the path in " + std::string(kUrlSetting) + " right?";
    }
  }
  return outcome;
}

asio::awaitable<bool> StoreCore::rest(std::chrono::milliseconds delay) {
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
    const StoreRequest asked = probe_request(time_left(deadline));
    std::string form = whole_form(asked, options_.extra_parameters);
    const Request request = write_request(asked, std::move(form), options_, own);
    base::Result<Exchange> exchange = co_await wire_.send(request, asked, nullptr);
    if (!exchange) co_return base::fail(std::move(exchange.error()));
    if (exchange->outcome != Exchange::Outcome::answered) co_return base::fail(wire_.no_answer(*exchange, asked));
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
      StoreFailure failure = wire_.failure_of(reply, own.source, asked);
      co_return base::fail(std::move(failure.error));
    }
    base::Result<PaddedBuffer> body = wire_.plain_body(reply, asked);
    if (!body) co_return base::fail(std::move(body.error()));
    base::Result<void> understood = check_probe_answer(body->text(), store_);
    if (understood) health_.conclude(Verdict::works);
    co_return understood;
  } catch (const std::exception& defect) {
    log_.error("probing the metrics store failed by a defect", {{"reason", defect.what()}});
  }
  co_return base::fail(ErrorKind::internal, "probing the metrics store failed by a defect of this service");
}

}  // namespace spm::prometheus
