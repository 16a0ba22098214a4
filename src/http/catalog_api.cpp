#include <utility>

#include <spm/base/utf8.hpp>
#include <spm/http/catalog_api.hpp>

#include "catalog_json.hpp"
#include "go_numbers.hpp"
#include "health.hpp"
#include "jaeger_params.hpp"
#include "json_text.hpp"
#include "notice_headers.hpp"

namespace spm::http {
namespace {

using base::Error;
using base::ErrorKind;
using base::fail;
using base::invalid_parameter;
using base::Result;
using boost::asio::awaitable;
using service::Catalog;
using service::ListWindow;
using service::NameList;
using service::Notice;
using service::NoticeKind;
using service::OperationList;

enum What : int {
  services,
  service_operations,
  operations,
  attributes
};

/// A parameter that names one service, in both readings of its `+`.
struct ServiceName {
  std::string plain;
  std::string with_plus;

  bool has_plus() const noexcept { return plain != with_plus; }
};

ServiceName service_of(const Parameters& parameters) {
  ServiceName name;
  if (const Parameter* parameter = parameters.first("service")) {
    name.plain = parameter->value;
    name.with_plus = parameter->value_with_plus;
  }
  return name;
}

Notice read_with_plus() { return {NoticeKind::services_with_plus, "the + in the service name was read as itself"}; }

Result<std::optional<model::SpanKind>> span_kind_of(const Parameters& parameters) {
  const std::string_view text = parameters.value("spanKind");
  if (text.empty()) return std::nullopt;
  const auto kind = model::span_kind_from_name(text);
  if (kind) return kind;
  return fail(
      invalid_parameter("spanKind", "unsupported span kind: '" + base::printable(text, 60) +
                                        "', write one of unspecified, internal, server, client, producer, consumer"));
}

Result<std::optional<std::int64_t>> lookback_of(const Parameters& parameters) {
  const std::string_view text = parameters.value("lookback");
  if (text.empty()) return std::nullopt;
  auto lookback = parse_go_int(text);
  if (!lookback) return fail(std::move(lookback.error()).about("lookback"));
  if (*lookback < 1 || *lookback > model::kMaxDurationMs) {
    return fail(invalid_parameter("lookback", "lookback is " + std::to_string(*lookback) +
                                                  " ms, write milliseconds from 1 to " +
                                                  std::to_string(model::kMaxDurationMs)));
  }
  return std::optional(*lookback);
}

Response list_response(std::string body, const std::vector<Notice>& notices, bool cut, const Parameters& parameters) {
  if (wants_pretty_print(parameters)) body = indent_json(body);
  Response response = json_response(std::move(body));
  add_notices(notices, response);
  if (cut) {
    response.headers.add("X-SPM-Cut", "there are more, these are the first " + std::to_string(service::kMaxListed));
  }
  return response;
}

Response names_response(const NameList& list, const Parameters& parameters) {
  return list_response(names_json(list.names), list.notices, list.cut, parameters);
}

awaitable<Result<OperationList>> list_operations(Catalog& catalog, const Parameters& parameters,
                                                 const base::CallContext& context) {
  const ServiceName service = service_of(parameters);
  if (service.plain.empty()) co_return fail(invalid_parameter("service", "please provide a service name"));
  auto kind = span_kind_of(parameters);
  if (!kind) co_return fail(std::move(kind.error()));
  Result<OperationList> list = co_await catalog.operations_by_kind(service.plain, *kind, context);
  if (list && list->operations.empty() && service.has_plus()) {
    Result<OperationList> other = co_await catalog.operations_by_kind(service.with_plus, *kind, context);
    if (!other) co_return fail(std::move(other.error()));
    if (!other->operations.empty()) {
      list = std::move(other);
      list->notices.push_back(read_with_plus());
    }
  }
  co_return std::move(list);
}

awaitable<Result<NameList>> list_values(Catalog& catalog, const Parameters& parameters,
                                        const base::CallContext& context) {
  std::string key(parameters.value("key"));
  if (key.empty()) co_return fail(invalid_parameter("key", "please provide the label whose values are wanted"));
  auto lookback = lookback_of(parameters);
  if (!lookback) co_return fail(std::move(lookback.error()));
  const ServiceName service = service_of(parameters);
  std::optional<std::string> of_service;
  if (!service.plain.empty()) of_service = service.plain;
  Result<NameList> list = co_await catalog.attribute_values(key, of_service, *lookback, context);
  if (list && list->names.empty() && service.has_plus()) {
    of_service = service.with_plus;
    Result<NameList> other = co_await catalog.attribute_values(std::move(key), of_service, *lookback, context);
    if (!other) co_return fail(std::move(other.error()));
    if (!other->names.empty()) {
      list = std::move(other);
      list->notices.push_back(read_with_plus());
    }
  }
  co_return std::move(list);
}

}  // namespace

CatalogApi::CatalogApi(Catalog* catalog) : catalog_(catalog) {}

std::optional<Route> CatalogApi::find(const RoutePath& path) const {
  Route route;
  if (path.is({"api", "services"})) {
    route.label = "services";
    route.what = services;
  } else if (path.is({"api", "operations"})) {
    route.label = "operations";
    route.what = operations;
  } else if (path.is({"api", "metrics", "attributes"})) {
    route.label = "attributes";
    route.what = attributes;
  } else if (path.segments.size() == 4 && path.is({"api", "services", path.segments[2], "operations"})) {
    route.label = "service_operations";
    route.what = service_operations;
    route.argument = path.segments[2];
  } else {
    return std::nullopt;
  }
  return route;
}

awaitable<Response> CatalogApi::answer(Route route, const Request& request, base::CallContext& context) {
  if (catalog_ == nullptr) {
    const Error error(ErrorKind::disabled, "metrics querying is currently disabled");
    co_return failure(error);
  }
  const auto parameters = decode_form(request.head.query);
  if (!parameters) co_return failure(parameters.error());

  if (route.what == operations) {
    const Result<OperationList> list = co_await list_operations(*catalog_, *parameters, context);
    if (!list) co_return failure(list.error());
    co_return list_response(operations_json(list->operations), list->notices, list->cut, *parameters);
  }
  Result<NameList> list = fail(ErrorKind::internal, "no such list");
  if (route.what == services) {
    const ListWindow window;
    list = co_await catalog_->services(window, context);
  } else if (route.what == service_operations) {
    const ListWindow window;
    list = co_await catalog_->operations(std::move(route.argument), window, context);
  } else if (route.what == attributes) {
    list = co_await list_values(*catalog_, *parameters, context);
  }
  if (!list) co_return failure(list.error());
  co_return names_response(*list, *parameters);
}

Response CatalogApi::failure(const Error& error) const {
  return error_response(error, base::traits(error.kind).http_status);
}

}  // namespace spm::http
