#include <spm/http/admin_api.hpp>

#include "content_coding.hpp"
#include "health.hpp"
#include "path.hpp"

namespace spm::http {

AdminApi::AdminApi(const Readiness& readiness, const telemetry::Metrics& metrics)
    : readiness_(readiness),
      metrics_(metrics) {}

boost::asio::awaitable<Response> AdminApi::handle(const Request& request) {
  const RequestHead& head = request.head;
  const auto decoded = head.target == "*" ? std::optional<std::string>("*") : decode_path(head.path);
  if (!decoded) co_return not_found();
  if (auto health = answer_health(head, *decoded, readiness_)) co_return std::move(*health);
  if (*decoded != "/metrics") co_return not_found();

  Response response;
  if (head.method == "GET" || head.method == "HEAD") {
    response = text_response(200, metrics_.exposition());
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    compress_if_wanted(head.headers, response);
  } else {
    response = method_not_allowed(head, "GET, HEAD");
  }
  response.route = "metrics";
  co_return response;
}

Response AdminApi::refuse(const RequestHead& /*head*/, const base::Error& error) const {
  return error_response(error, base::traits(error.kind).http_status);
}

}  // namespace spm::http
