#include <algorithm>
#include <utility>

#include <spm/base/build_info.hpp>
#include <spm/base/utf8.hpp>
#include <spm/http/prometheus_api.hpp>
#include <spm/promql/jaeger_query.hpp>
#include <spm/promql/parser.hpp>
#include <spm/sharing/key_text.hpp>

#include "health.hpp"
#include "json_text.hpp"
#include "kept_body.hpp"
#include "notice_headers.hpp"
#include "prometheus_constant.hpp"
#include "prometheus_form.hpp"
#include "prometheus_json.hpp"
#include "prometheus_lists.hpp"
#include "prometheus_question.hpp"
#include "prometheus_times.hpp"

namespace spm::http {
namespace {

using base::CallContext;
using base::Error;
using base::ErrorKind;
using base::fail;
using base::Result;
using boost::asio::awaitable;

enum What : int {
  query_range,
  query_instant,
  labels,
  label_values_of,
  series,
  build_info,
  metadata,
  healthy,
  ready
};

/// The interface that this door has, for clients that choose by version what they ask.
constexpr std::string_view kSpokenVersion = "2.42.0";
/// For instant queries; any value is right, some stores choke on very small ones.
constexpr std::int64_t kInstantStepMs = 60'000;

constexpr std::size_t kMaxStoreParameters = 50;
constexpr std::size_t kMaxStoreParameterBytes = 8'192;

/// Parameters of the API, whatever the route: where one means nothing it is left aside, as Prometheus does.
bool is_own_parameter(std::string_view name) {
  constexpr std::string_view kOwn[] = {"query", "time", "start", "end", "step", "timeout", "limit", "match[]", "match"};
  return std::ranges::find(kOwn, name) != std::end(kOwn);
}

/// The caller's parameters for the store, where they may go there.
Result<void> take_store_parameters(const PrometheusForm& form, const PrometheusApiOptions& options,
                                   CallContext& context) {
  std::size_t bytes = 0;
  for (const PrometheusForm::Entry& entry : form.entries()) {
    if (is_own_parameter(entry.name)) continue;
    const bool named = std::ranges::find(options.pass_parameters, entry.name) != options.pass_parameters.end();
    if (options.matchers_enforced && !named) {
      return fail(base::invalid_parameter(
          entry.name,
          "this parameter is not let through where matchers are enforced: leave it out, or have the "
          "operator name it in --prometheus-door.pass-parameters"));
    }
    for (const std::string& value : entry.values) {
      bytes += entry.name.size() + value.size();
      context.store_parameters.emplace_back(entry.name, value);
    }
  }
  if (context.store_parameters.size() > kMaxStoreParameters || bytes > kMaxStoreParameterBytes) {
    return fail(ErrorKind::invalid_argument, "too many or too long extra parameters: at most " +
                                                 std::to_string(kMaxStoreParameters) + " of together " +
                                                 std::to_string(kMaxStoreParameterBytes) + " bytes are sent on");
  }
  return {};
}

Result<void> lower_deadline(const PrometheusForm& form, CallContext& context) {
  auto text = form.one("timeout");
  if (!text) return fail(std::move(text.error()));
  if (text->empty()) return {};
  auto timeout = parse_prometheus_duration("timeout", *text);
  if (!timeout) return fail(std::move(timeout.error()));
  // Longer than any deadline of ours changes nothing, and must not overflow the clock.
  constexpr std::int64_t kLongest = 86'400'000;
  const auto by = base::Deadline::after(std::chrono::milliseconds(std::min(*timeout, kLongest)));
  context.deadline = context.deadline.earlier(by);
  return {};
}

Result<model::TimeGrid> grid_of(const PrometheusForm& form, const Route& route, std::int64_t now_ms) {
  if (route.what == query_range) return read_grid(form);
  auto time = optional_time(form, "time");
  if (!time) return fail(std::move(time.error()));
  model::TimeGrid grid;
  grid.start_ms = time->value_or(now_ms);
  grid.step_ms = kInstantStepMs;
  grid.points = 1;
  return grid;
}

Warnings warnings_of(const std::vector<service::Notice>& notices) {
  Warnings warnings;
  warnings.reserve(notices.size());
  for (const service::Notice& notice : notices) warnings.push_back(notice.text);
  return warnings;
}

Response constant_response(double value, const Route& route, const model::TimeGrid& grid) {
  if (route.what == query_instant) return json_response(scalar_json(value, grid.start_ms));
  model::Series one;
  one.column = model::Column(grid.points);
  for (std::size_t i = 0; i < grid.points; ++i) one.column.set(i, value);
  model::Matrix matrix;
  matrix.grid = grid;
  matrix.series.push_back(std::move(one));
  return json_response(matrix_json(matrix, {}));
}

std::string answer_json(const model::MetricFamily& family, const std::vector<service::Notice>& notices,
                        const promql::JaegerQuery& asked, int what, std::size_t limit) {
  Warnings warnings = warnings_of(notices);
  model::Matrix matrix = relabelled(family, asked);
  if (limit != 0 && matrix.series.size() > limit) {
    matrix.series.resize(limit);
    warnings.emplace_back(kTruncated);
  }
  const auto tells_why = [](const service::Notice& notice) {
    return notice.kind == service::NoticeKind::nothing_found;
  };
  if (matrix.series.empty() && std::ranges::none_of(notices, tells_why)) {
    warnings.push_back(nothing_found(asked));
  }
  return what == query_instant ? vector_json(matrix, warnings) : matrix_json(matrix, warnings);
}

/// Under which name such an answer is kept. One question of ours answers queries that differ in their labels and in how
/// their services are read: the text says all of that.
std::string form_of(const std::string& text, int what, std::size_t limit) {
  sharing::KeyText form;
  form.add(what == query_instant ? "prometheus vector" : "prometheus matrix");
  form.add(static_cast<std::int64_t>(limit)).add(text);
  return form.take();
}

std::string build_info_json() {
  std::string data = R"({"version":")" + std::string(kSpokenVersion) + R"(","revision":)";
  append_json_string(data, base::commit());
  data += R"(,"branch":"","buildUser":"","buildDate":"","goVersion":"","application":)";
  append_json_string(data, base::kProgramName);
  data += R"(,"applicationVersion":)";
  append_json_string(data, base::version());
  data += '}';
  return data;
}

Response health_response(const Route& route, const Readiness& readiness) {
  if (route.what == healthy) return text_response(200, "jaeger-spm-proxy is Healthy.\n");
  const ReadinessReport report = readiness.report();
  if (report.ready) return text_response(200, "jaeger-spm-proxy is Ready.\n");
  return text_response(503, "jaeger-spm-proxy is not ready: " + report.reason + "\n");
}

Error disabled() {
  return Error(ErrorKind::disabled,
               "no metrics store is configured here: set PROMETHEUS_SERVER_URL of jaeger-spm-proxy");
}

/// What the caller can do beyond what the error says.
std::string_view advice(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::deadline_exceeded:
      return "; ask for less time or a larger step, or raise the timeout";
    case ErrorKind::overloaded:
      return "; try again in a moment";
    default:
      return {};
  }
}

}  // namespace

PrometheusApi::PrometheusApi(PrometheusApiOptions options, service::MetricsService* service, service::Catalog* catalog,
                             service::Forwarder* forwarder, const Readiness& readiness, const base::WallClock& clock,
                             sharing::Workers* workers)
    : options_(std::move(options)),
      service_(service),
      catalog_(catalog),
      forwarder_(forwarder),
      readiness_(readiness),
      clock_(clock),
      workers_(workers) {}

std::optional<Route> PrometheusApi::find(const RoutePath& path) const {
  struct Row {
    std::vector<std::string_view> segments;
    std::string_view label;
    What what;
    bool takes_post;
    bool asks_store;
  };
  static const Row rows[] = {
      {{"api", "v1", "query_range"}, "prometheus_query_range", query_range, true, true},
      {{"api", "v1", "query"}, "prometheus_query", query_instant, true, true},
      {{"api", "v1", "labels"}, "prometheus_labels", labels, true, true},
      {{"api", "v1", "series"}, "prometheus_series", series, true, true},
      {{"api", "v1", "status", "buildinfo"}, "prometheus_buildinfo", build_info, false, false},
      {{"api", "v1", "metadata"}, "prometheus_metadata", metadata, false, false},
      {{"-", "healthy"}, "prometheus_healthy", healthy, false, false},
      {{"-", "ready"}, "prometheus_ready", ready, false, false},
  };
  Route route;
  for (const Row& row : rows) {
    if (!std::ranges::equal(path.segments, row.segments)) continue;
    route.label = row.label;
    route.what = row.what;
    route.takes_post = row.takes_post;
    route.asks_store = row.asks_store;
    route.body_limit = row.takes_post ? options_.max_form_bytes : 0;
    return route;
  }
  const auto& segments = path.segments;
  const bool values = segments.size() == 5 && segments[0] == "api" && segments[1] == "v1" && segments[2] == "label" &&
                      segments[4] == "values" && !segments[3].empty();
  if (!values) return std::nullopt;
  route.label = "prometheus_label_values";
  route.what = label_values_of;
  route.argument = segments[3];
  return route;
}

awaitable<Response> PrometheusApi::answer(Route route, const Request& request, CallContext& context) {
  switch (route.what) {
    case build_info:
      co_return json_response(success_json(build_info_json(), {}));
    case metadata:
      co_return json_response(success_json("{}", {}));
    case healthy:
    case ready:
      co_return health_response(route, readiness_);
    case query_range:
    case query_instant:
      co_return co_await answer_query(std::move(route), request, context);
    default:
      co_return co_await answer_list(std::move(route), request, context);
  }
}

awaitable<Response> PrometheusApi::answer_query(Route route, const Request& request, CallContext& context) {
  const Result<PrometheusForm> form = PrometheusForm::read(request);
  if (!form) co_return failure(form.error());
  const Result<std::string> text = form->one("query");
  if (!text) co_return failure(text.error());
  if (text->empty()) {
    const Error missing = base::invalid_parameter("query", "it is missing, write PromQL");
    co_return failure(missing);
  }
  const Result<void> let_through = take_store_parameters(*form, options_, context);
  if (!let_through) co_return failure(let_through.error());
  const Result<void> in_time = lower_deadline(*form, context);
  if (!in_time) co_return failure(in_time.error());

  auto asked = promql::recognise(*text);
  // Where the store answers the rest, it is also asked what only looks like a question about spans.
  if (asked && asked->may_be_foreign && options_.forward_other_queries) asked.reset();
  std::optional<double> constant;
  if (!asked) {
    if (const auto tree = promql::parse(*text)) constant = constant_value(**tree);
  }
  if (!asked && !constant) {
    if (options_.forward_other_queries && !options_.matchers_enforced && forwarder_ != nullptr) {
      context.store_parameters.clear();  // they are in the form
      std::string path = route.what == query_range ? "/api/v1/query_range" : "/api/v1/query";
      std::string whole_form = form->encoded();
      Result<service::ForwardedAnswer> raw =
          co_await forwarder_->forward(std::move(path), std::move(whole_form), context);
      if (!raw) co_return failure(raw.error());
      Response response;
      response.status = raw->status;
      response.content_type = std::move(raw->content_type);
      response.headers.add("Cache-Control", "no-store");
      response.set_body(std::move(raw->body));
      co_return response;
    }
    const Error other = base::invalid_parameter("query", what_is_answered());
    co_return failure(other);
  }

  const Result<std::size_t> limit = read_limit(*form);
  if (!limit) co_return failure(limit.error());
  const Result<model::TimeGrid> grid = grid_of(*form, route, clock_.now_ms());
  if (!grid) co_return failure(grid.error());
  if (constant) co_return constant_response(*constant, route, *grid);

  Result<model::MetricQuery> query = metric_query(*asked, *grid);
  if (!query) co_return failure(query.error());
  if (service_ == nullptr) {
    const Error error = disabled();
    co_return failure(error);
  }
  Result<service::MetricsAnswer> answer = co_await service_->answer(std::move(*query), context);
  if (!answer) {
    Error error = std::move(answer.error());
    // To this caller the filters behind the door are matchers of its query.
    if (error.kind == ErrorKind::invalid_argument) error.parameter = "query";
    co_return failure(error);
  }
  std::string kept_as = form_of(*text, route.what, *limit);
  service::Encode write = [family = answer->family, notices = answer->notices, asked = std::move(*asked),
                           what = route.what,
                           most = *limit] { return answer_json(*family, notices, asked, what, most); };
  Result<Response> response = co_await answer_response(*answer, std::move(kept_as), std::move(write),
                                                       request.head.headers, workers_, context.deadline);
  if (!response) co_return failure(response.error());
  co_return std::move(*response);
}

awaitable<Response> PrometheusApi::answer_list(Route route, const Request& request, CallContext& context) {
  const Result<PrometheusForm> form = PrometheusForm::read(request);
  if (!form) co_return failure(form.error());
  const Result<void> let_through = take_store_parameters(*form, options_, context);
  if (!let_through) co_return failure(let_through.error());
  const Result<void> in_time = lower_deadline(*form, context);
  if (!in_time) co_return failure(in_time.error());
  Result<ListRequest> asked = read_list_request(*form);
  if (!asked) co_return failure(asked.error());
  if (route.what == labels) co_return json_response(strings_json(known_labels(), {}));
  if (route.what == series && asked->selections.empty()) {
    const Error missing = base::invalid_parameter("match[]", "it is missing, write a selector such as calls");
    co_return failure(missing);
  }
  if (catalog_ == nullptr) {
    const Error error = disabled();
    co_return failure(error);
  }

  awaitable<Result<ListOutcome>> work =
      route.what == series ? series_list(*catalog_, std::move(*asked), context)
                           : label_values(*catalog_, route.argument, std::move(*asked), clock_.now_ms(), context);
  Result<ListOutcome> outcome = co_await std::move(work);
  if (!outcome) co_return failure(outcome.error());
  Warnings warnings = warnings_of(outcome->notices);
  warnings.insert(warnings.end(), outcome->warnings.begin(), outcome->warnings.end());
  Response response = json_response(route.what == series ? series_json(outcome->series, warnings)
                                                         : strings_json(outcome->values, warnings));
  add_notices(outcome->notices, response);
  co_return response;
}

Response PrometheusApi::failure(const Error& error) const {
  const bool callers = error.kind == ErrorKind::invalid_argument;
  std::string message = error.message;
  if (callers && !error.parameter.empty()) {
    message = "invalid parameter \"" + base::printable(error.parameter, 60) + "\": " + message;
  }
  message += advice(error.kind);
  Response response;
  response.status = 422;
  response.content_type = "application/json";
  response.headers.add("Cache-Control", "no-store");
  if (error.retry_after) response.headers.add("Retry-After", std::to_string(error.retry_after->count()));
  response.set_body(prometheus_error_json(callers ? "bad_data" : "execution", message));
  response.failure = error;
  return response;
}

}  // namespace spm::http
