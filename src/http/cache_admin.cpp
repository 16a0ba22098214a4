#include "cache_admin.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <spm/base/utf8.hpp>

#include "health.hpp"
#include "notice_headers.hpp"
#include "text.hpp"

namespace spm::http {
namespace {

using base::Error;
using base::ErrorKind;
using nlohmann::json;

constexpr std::size_t kMostRows = 200;

std::string_view name_of(cache::CacheMode mode) noexcept {
  switch (mode) {
    case cache::CacheMode::aligned:
      return "aligned";
    case cache::CacheMode::exact:
      return "exact";
    case cache::CacheMode::off:
      break;
  }
  return "off";
}

Response json_of(const json& value) {
  return json_response(value.dump(-1, ' ', false, json::error_handler_t::replace));
}

Response refused(int status, std::string why) {
  return error_response(Error(ErrorKind::invalid_argument, std::move(why)), status);
}

json row_of(const cache::ShelfRow& row) {
  return {{"about", row.about},
          {"caller", row.caller},
          {"bytes", row.bytes},
          {"age_ms", row.age.count()},
          {"unused_ms", row.unused.count()},
          {"uses", row.uses}};
}

Response holdings(cache::Shelf* shelf, cache::CacheMode mode) {
  if (shelf == nullptr) return json_of({{"mode", "off"}});
  const cache::ShelfContents held = shelf->contents(kMostRows);
  json rows = json::array();
  for (const cache::ShelfRow& row : held.rows) rows.push_back(row_of(row));
  return json_of({{"mode", name_of(mode)},
                  {"max_bytes", held.max_bytes},
                  {"bytes", held.bytes},
                  {"things", held.things},
                  {"rows", std::move(rows)}});
}

bool is_json(const Headers& headers) {
  if (headers.count("content-type") != 1) return false;
  const std::string_view type = *headers.find("content-type");
  return equal_ignoring_case(trimmed(type.substr(0, type.find(';'))), "application/json");
}

/// `{"clear":true}` and nothing else.
bool says_clear(std::string_view body) {
  const json command = json::parse(body, nullptr, false);
  if (!command.is_object() || command.size() != 1) return false;
  const auto clear = command.find("clear");
  return clear != command.end() && clear->is_boolean() && clear->get<bool>();
}

/// A page in some browser must not be able to do this: it always sends an Origin, and this type of content needs a
/// preflight, which nobody answers here.
Response obey(const Request& request, cache::Shelf* shelf) {
  if (request.head.headers.find("origin") != nullptr) {
    return refused(403, "this is not for web pages: a request with an Origin header changes nothing here");
  }
  if (!is_json(request.head.headers)) {
    return refused(415, "send the command with Content-Type: application/json");
  }
  if (!says_clear(request.body)) return refused(400, R"(the only command is {"clear":true})");
  cache::ShelfContents freed;
  if (shelf != nullptr) {
    freed = shelf->contents(0);
    shelf->clear();
  }
  return json_of({{"cleared", {{"things", freed.things}, {"bytes", freed.bytes}}}});
}

}  // namespace

Response answer_cache(const Request& request, cache::Shelf* shelf, cache::CacheMode mode) {
  const std::string& method = request.head.method;
  Response response;
  if (method == "GET" || method == "HEAD") {
    response = holdings(shelf, mode);
  } else if (method == "POST") {
    response = obey(request, shelf);
  } else {
    response = method_not_allowed(request.head, "GET, HEAD, POST");
  }
  response.route = "cache";
  return response;
}

}  // namespace spm::http
