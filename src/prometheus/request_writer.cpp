#include "request_writer.hpp"

#include <string>
#include <utility>

#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>

#include <spm/base/build_info.hpp>

#include "header_text.hpp"

namespace spm::prometheus {

namespace http = boost::beast::http;

Request write_request(const StoreRequest& request, std::string form, const StoreOptions& options,
                      const Authorization& authorization) {
  const bool post = request.method == StoreRequest::Method::post;
  std::string target = options.url.path_prefix + request.path;
  const bool form_is_body = post && !request.payload;
  // Never in both places: stores differ in which of them counts.
  if (!form_is_body && !form.empty()) target += '?' + form;
  Request written(post ? http::verb::post : http::verb::get, target, 11);
  written.set(http::field::host, options.url.host_header());
  const std::string agent = std::string(base::kProgramName) + "/" + std::string(base::version());
  written.set(http::field::user_agent, agent);
  written.set(http::field::via, "1.1 " + std::string(base::kProgramName));
  written.set(http::field::accept, "application/json");
  written.set(http::field::accept_encoding, options.ask_for_gzip ? "gzip" : "identity");
  for (const auto& [name, value] : options.headers) {
    if (!equal_ignoring_case(name, "authorization")) written.insert(name, value);
  }
  if (!authorization.value.empty()) written.set(http::field::authorization, authorization.value);
  if (request.payload) {
    for (const auto& [name, value] : request.payload->headers) written.set(name, value);
    written.body() = request.payload->bytes;
  } else if (post) {
    written.set(http::field::content_type, "application/x-www-form-urlencoded");
    written.body() = std::move(form);
  }
  if (post) written.prepare_payload();
  return written;
}

void add_trace(Request& request, const base::CallContext& context) {
  if (!context.traceparent.empty() && is_header_value(context.traceparent)) {
    request.set("traceparent", context.traceparent);
  }
  if (!context.request_id.empty() && is_header_value(context.request_id)) {
    request.set("X-Request-Id", context.request_id);
  }
}

}  // namespace spm::prometheus
