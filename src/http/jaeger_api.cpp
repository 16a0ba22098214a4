#include <optional>
#include <utility>

#include <spm/http/jaeger_api.hpp>

#include "health.hpp"
#include "jaeger_json.hpp"
#include "jaeger_params.hpp"
#include "json_text.hpp"
#include "kept_body.hpp"
#include "notice_headers.hpp"

namespace spm::http {
namespace {

using base::Error;
using base::ErrorKind;
using model::MetricKind;

enum What : int {
  latencies,
  calls,
  errors,
  min_step
};

MetricKind kind_of(int what) noexcept {
  if (what == latencies) return MetricKind::latency;
  return what == calls ? MetricKind::call_rate : MetricKind::error_rate;
}

/// Whether the caller or this service is at fault, and not the store: Jaeger's 500 is for the store's failures.
bool is_no_failure_of_the_store(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::invalid_argument:
    case ErrorKind::disabled:
    case ErrorKind::shutting_down:
    case ErrorKind::cancelled:
    case ErrorKind::overloaded:
    case ErrorKind::loop_detected:
    case ErrorKind::malformed_request:
    case ErrorKind::request_timeout:
    case ErrorKind::body_too_large:
    case ErrorKind::header_too_large:
      return true;
    default:
      return false;
  }
}

}  // namespace

JaegerApi::JaegerApi(service::MetricsService* service, const base::WallClock& clock, bool always_500,
                     sharing::Workers* workers)
    : service_(service),
      clock_(clock),
      always_500_(always_500),
      workers_(workers) {}

std::optional<Route> JaegerApi::find(const RoutePath& path) const {
  struct Row {
    std::string_view segment;
    What what;
  };
  static constexpr Row kRows[] = {
      {"latencies", latencies}, {"calls", calls}, {"errors", errors}, {"minstep", min_step}};
  for (const Row& row : kRows) {
    if (!path.is({"api", "metrics", row.segment})) continue;
    Route route;
    route.label = row.segment;
    route.what = row.what;
    route.asks_store = row.what != min_step;
    return route;
  }
  return std::nullopt;
}

boost::asio::awaitable<Response> JaegerApi::answer(Route route, const Request& request, base::CallContext& context) {
  auto parameters = decode_form(request.head.query);
  if (route.what == min_step) {
    const bool pretty = parameters && wants_pretty_print(*parameters);
    co_return json_response(pretty ? indent_json(min_step_json()) : min_step_json());
  }
  if (service_ == nullptr) {
    const Error error(ErrorKind::disabled, "metrics querying is currently disabled");
    co_return failure(error);
  }
  if (!parameters) co_return failure(parameters.error());
  auto query = read_metric_query(*parameters, kind_of(route.what), clock_.now_ms());
  if (!query) co_return failure(query.error());

  const base::Result<service::MetricsAnswer> answer = co_await service_->answer(std::move(*query), context);
  if (!answer) co_return failure(answer.error());
  const bool pretty = wants_pretty_print(*parameters);
  std::string form = "json";
  if (pretty) form += " indented";
  service::Encode write = [family = answer->family, pretty] {
    std::string text = family_json(*family);
    return pretty ? indent_json(text) : text;
  };
  base::Result<Response> response = co_await answer_response(*answer, std::move(form), std::move(write),
                                                             request.head.headers, workers_, context.deadline);
  if (!response) co_return failure(response.error());
  co_return std::move(*response);
}

Response JaegerApi::failure(const Error& error) const {
  const bool plain = !always_500_ || is_no_failure_of_the_store(error.kind);
  return error_response(error, plain ? base::traits(error.kind).http_status : 500);
}

}  // namespace spm::http
