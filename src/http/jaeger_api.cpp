#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/http/jaeger_api.hpp>

#include "caller.hpp"
#include "content_coding.hpp"
#include "cors.hpp"
#include "health.hpp"
#include "jaeger_json.hpp"
#include "jaeger_params.hpp"
#include "json_text.hpp"
#include "path.hpp"

namespace spm::http {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::fail;
using base::Result;

/// Which of the API's questions a path asks.
struct JaegerApi::Route {
  enum class What : std::uint8_t {
    unknown,
    query,
    min_step
  };
  What what = What::unknown;
  model::MetricKind kind = model::MetricKind::call_rate;
  std::string_view label = "other";
};

namespace {

/// What the service may be late before this door answers in its place. Its own words about the deadline are better.
constexpr std::chrono::milliseconds kGrace{500};

/// A MetricsService that throws has a defect; the others' requests go on.
asio::awaitable<Result<service::MetricsAnswer>> answer_guarded(service::MetricsService& service,
                                                               model::MetricQuery query,
                                                               const base::CallContext& context) {
  std::string what;
  try {
    co_return co_await service.answer(std::move(query), context);
  } catch (const std::exception& exception) {
    what = exception.what();
  }
  Error error(ErrorKind::internal, "an internal error, see the log for this request's id");
  error.log_detail = std::move(what);
  co_return fail(std::move(error));
}

asio::awaitable<void> wait_until(base::Deadline deadline) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_at(deadline.at() + kGrace);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

/// Counts a request in for as long as it lives.
class Slot {
 public:
  Slot(std::atomic<std::size_t>& count, std::size_t limit) : count_(count), taken_(count.fetch_add(1) < limit) {}
  ~Slot() { count_.fetch_sub(1); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  bool taken() const noexcept { return taken_; }

 private:
  std::atomic<std::size_t>& count_;
  bool taken_;
};

Error overloaded() {
  return Error(ErrorKind::overloaded, "too many requests are being answered at the moment, try again in a second")
      .retry_in(std::chrono::seconds(1));
}

}  // namespace

JaegerApi::JaegerApi(JaegerApiOptions options, service::MetricsService* service, const Readiness& readiness,
                     const base::WallClock& clock)
    : options_(std::move(options)),
      service_(service),
      readiness_(readiness),
      clock_(clock) {}

JaegerApi::Route JaegerApi::route_of(const RequestHead& head) const {
  struct Row {
    std::string_view path;
    Route route;
  };
  using What = Route::What;
  static constexpr Row kRoutes[] = {
      {"/api/metrics/latencies", {What::query, model::MetricKind::latency, "latencies"}},
      {"/api/metrics/calls", {What::query, model::MetricKind::call_rate, "calls"}},
      {"/api/metrics/errors", {What::query, model::MetricKind::error_rate, "errors"}},
      {"/api/metrics/minstep", {What::min_step, model::MetricKind::call_rate, "minstep"}},
  };
  const auto decoded = decode_path(head.path);
  const auto path = decoded ? below_base(*decoded, options_.base_path) : std::nullopt;
  for (const Row& row : kRoutes) {
    if (path && *path == row.path) return row.route;
  }
  return {};
}

asio::awaitable<Response> JaegerApi::handle(const Request& request) {
  const RequestHead& head = request.head;
  const Route route = route_of(head);
  Response response;
  if (route.what == Route::What::unknown) {
    // Health checks know nothing of a base path; an ingress that adds it may reach them below it, too.
    const auto decoded = head.target == "*" ? std::optional<std::string>("*") : decode_path(head.path);
    std::optional<Response> health;
    if (decoded) health = answer_health(head, *decoded, readiness_);
    if (decoded && !health) {
      if (const auto path = below_base(*decoded, options_.base_path)) health = answer_health(head, *path, readiness_);
    }
    response = health ? std::move(*health) : not_found();
    finish(head, false, response);
    co_return response;
  }

  if (!options_.cors_origins.empty() && is_preflight(head)) {
    response.status = 204;
  } else if (head.method != "GET" && head.method != "HEAD") {
    response = method_not_allowed(head, "GET, HEAD");
  } else if (came_through_us(head.headers)) {
    const Error loop(ErrorKind::loop_detected,
                     "this request has passed through this service before: the store's URL leads back to it");
    response = error_response(loop, base::traits(loop.kind).http_status);
  } else if (route.what == Route::What::min_step) {
    const auto parameters = decode_form(head.query);
    response.content_type = "application/json";
    response.headers.add("Cache-Control", "no-store");
    response.set_body(parameters && wants_pretty_print(*parameters) ? indent_json(min_step_json()) : min_step_json());
  } else {
    response = co_await answer_query(request, route);
  }
  response.route = route.label;
  finish(head, true, response);
  co_return response;
}

asio::awaitable<Response> JaegerApi::answer_query(const Request& request, Route route) {
  using asio::experimental::awaitable_operators::operator||;
  const auto status = [](const Error& error) { return base::traits(error.kind).http_status; };
  const RequestHead& head = request.head;
  if (service_ == nullptr) {
    const Error error(ErrorKind::disabled, "metrics querying is currently disabled");
    co_return error_response(error, status(error));
  }
  const Slot slot(in_flight_, options_.max_in_flight);
  if (!slot.taken()) {
    const Error error = overloaded();
    co_return error_response(error, status(error));
  }
  const auto parameters = decode_form(head.query);
  if (!parameters) co_return error_response(parameters.error(), status(parameters.error()));
  auto query = read_metric_query(*parameters, route.kind, clock_.now_ms());
  if (!query) co_return error_response(query.error(), status(query.error()));

  base::CallContext context(base::Deadline::after(options_.query_timeout));
  context.request_id = request.id;
  context.traceparent = traceparent(head.headers);
  if (options_.bearer_token_propagation) context.bearer_token = bearer_token(head.headers);

  auto outcome = co_await (answer_guarded(*service_, std::move(*query), context) || wait_until(context.deadline));
  if (outcome.index() == 1) {
    const Error late(ErrorKind::deadline_exceeded,
                     "the store did not answer within " + std::to_string(options_.query_timeout.count()) + " ms");
    co_return error_response(late, options_.always_500 ? 500 : status(late));
  }
  const Result<service::MetricsAnswer> answer = std::move(std::get<0>(outcome));
  if (!answer) {
    const ErrorKind kind = answer.error().kind;
    const bool ours = kind == ErrorKind::invalid_argument || kind == ErrorKind::disabled ||
                      kind == ErrorKind::shutting_down || kind == ErrorKind::cancelled;
    co_return error_response(answer.error(), options_.always_500 && !ours ? 500 : status(answer.error()));
  }
  std::string body = family_json(answer->family);
  if (wants_pretty_print(*parameters)) body = indent_json(body);
  co_return answer_notices(*answer, std::move(body));
}

Response JaegerApi::answer_notices(const service::MetricsAnswer& answer, std::string body) {
  Response response;
  response.content_type = "application/json";
  response.headers.add("Cache-Control", "no-store");
  for (const service::Notice& notice : answer.notices) {
    response.headers.add(std::string(service::header_name(notice.kind)), notice.text);
  }
  response.set_body(std::move(body));
  return response;
}

void JaegerApi::finish(const RequestHead& head, bool cors_route, Response& response) const {
  if (cors_route) {
    add_cors(options_.cors_origins, head, response);
    compress_if_wanted(head.headers, response);
  }
  for (const Header& header : options_.additional_headers) response.headers.add(header.name, header.value);
}

Response JaegerApi::refuse(const Error& error) const {
  Response response = error_response(error, base::traits(error.kind).http_status);
  response.close = true;
  for (const Header& header : options_.additional_headers) response.headers.add(header.name, header.value);
  return response;
}

}  // namespace spm::http
