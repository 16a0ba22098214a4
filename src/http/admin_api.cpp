#include <spm/http/admin_api.hpp>

#include "cache_admin.hpp"
#include "content_coding.hpp"
#include "health.hpp"
#include "path.hpp"

namespace spm::http {
namespace {

constexpr std::string_view kCachePath = "/api/spm/cache";

}  // namespace

AdminApi::AdminApi(const Readiness& readiness, const telemetry::Metrics& metrics, cache::Shelf* shelf,
                   cache::CacheMode mode)
    : readiness_(readiness),
      metrics_(metrics),
      shelf_(shelf),
      mode_(mode) {}

std::size_t AdminApi::body_limit(const RequestHead& head) const noexcept {
  return head.method == "POST" && head.path == kCachePath ? kMostOfACommand : 0;
}

boost::asio::awaitable<Response> AdminApi::handle(const Request& request) {
  const RequestHead& head = request.head;
  const auto decoded = head.target == "*" ? std::optional<std::string>("*") : decode_path(head.path);
  if (!decoded) co_return not_found();
  if (auto health = answer_health(head, *decoded, readiness_)) co_return std::move(*health);
  Response response;
  if (*decoded == kCachePath) {
    response = answer_cache(request, shelf_, mode_);
    compress_if_wanted(head.headers, response);
    co_return response;
  }
  if (*decoded != "/metrics") co_return not_found();

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
