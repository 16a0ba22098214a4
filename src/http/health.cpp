#include "health.hpp"

#include <spm/base/utf8.hpp>

#include "jaeger_json.hpp"

namespace spm::http {

Response text_response(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.headers.add("Cache-Control", "no-store");
  response.set_body(std::string(text));
  return response;
}

Response error_response(const base::Error& error, int status) {
  std::string message = error.message;
  if (!error.parameter.empty() && error.kind == base::ErrorKind::invalid_argument) {
    message = "unable to parse param '" + error.parameter + "': " + message;
  }
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.headers.add("Cache-Control", "no-store");
  if (error.retry_after) response.headers.add("Retry-After", std::to_string(error.retry_after->count()));
  response.set_body(error_json(status, message));
  response.failure = error;
  return response;
}

Response method_not_allowed(const RequestHead& head, std::string_view allowed) {
  base::Error error(
      base::ErrorKind::method_not_allowed,
      "the method " + base::printable(head.method, 20) + " is not answered here, use one of " + std::string(allowed));
  Response response = error_response(error, base::traits(error.kind).http_status);
  response.headers.add("Allow", std::string(allowed));
  return response;
}

Response not_found() {
  Response response = text_response(404, "404 page not found\n");
  response.failure = base::Error(base::ErrorKind::no_such_route, "no such path");
  return response;
}

std::optional<Response> answer_health(const RequestHead& head, std::string_view path, const Readiness& readiness) {
  if (head.method == "OPTIONS" && (path == "/" || path == "*")) {
    Response response = text_response(200, "");
    response.route = "options";
    return response;
  }
  const bool live = path == "/livez";
  if (!live && path != "/readyz") return std::nullopt;

  Response response;
  if (head.method != "GET" && head.method != "HEAD" && head.method != "OPTIONS") {
    response = method_not_allowed(head, "GET, HEAD, OPTIONS");
  } else if (live) {
    response = text_response(200, "alive\n");
  } else {
    const ReadinessReport report = readiness.report();
    std::string text = report.ready ? "ready\n" : "not ready: " + report.reason + "\n";
    if (!report.detail.empty()) text += report.detail + "\n";
    response = text_response(report.ready ? 200 : 503, text);
  }
  response.route = live ? "livez" : "readyz";
  return response;
}

}  // namespace spm::http
