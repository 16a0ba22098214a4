#include <algorithm>
#include <exception>
#include <utility>

#include <spm/http/front_door.hpp>
#include <spm/service/metrics_service.hpp>

#include "bounded_work.hpp"
#include "caller.hpp"
#include "content_coding.hpp"
#include "cors.hpp"
#include "health.hpp"
#include "path.hpp"

namespace spm::http {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;

bool RoutePath::is(std::initializer_list<std::string_view> expected) const noexcept {
  return std::ranges::equal(segments, expected);
}

struct FrontDoor::Match {
  Api* api = nullptr;
  Route route;
};

namespace {

/// What an Api may be late before this door answers in its place. Its own words about the deadline are better.
constexpr std::chrono::milliseconds kGrace{500};

/// An Api that throws has a defect; the others' requests go on.
asio::awaitable<Response> answer_guarded(Api& api, Route route, const Request& request, base::CallContext& context) {
  std::string what;
  try {
    co_return co_await api.answer(std::move(route), request, context);
  } catch (const std::exception& exception) {
    what = exception.what();
  }
  Error error(ErrorKind::internal, "an internal error, see the log for this request's id");
  error.log_detail = std::move(what);
  co_return api.failure(error);
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

bool is_read(std::string_view method) noexcept { return method == "GET" || method == "HEAD"; }

}  // namespace

FrontDoor::FrontDoor(FrontDoorOptions options, std::vector<Api*> apis, const Readiness& readiness)
    : options_(std::move(options)),
      apis_(std::move(apis)),
      readiness_(readiness) {}

FrontDoor::Match FrontDoor::match(const RequestHead& head) const {
  Match found;
  const auto path = split_path(head.path, options_.base_path);
  if (!path) return found;
  for (Api* api : apis_) {
    if (auto route = api->find(*path)) {
      found.api = api;
      found.route = std::move(*route);
      break;
    }
  }
  return found;
}

std::size_t FrontDoor::body_limit(const RequestHead& head) const noexcept {
  if (head.method != "POST") return 0;
  try {
    const Match found = match(head);
    return found.api != nullptr && found.route.takes_post ? found.route.body_limit : 0;
  } catch (const std::exception&) {
    return 0;  // no memory to read the path: none for a body, either
  }
}

asio::awaitable<Response> FrontDoor::handle(const Request& request) {
  const RequestHead& head = request.head;
  Match found = match(head);
  Response response;
  if (found.api == nullptr) {
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

  const std::string_view label = found.route.label;
  if (!options_.cors_origins.empty() && is_preflight(head)) {
    response.status = 204;
  } else if (!is_read(head.method) && !(found.route.takes_post && head.method == "POST")) {
    response = method_not_allowed(head, found.route.takes_post ? "GET, HEAD, POST" : "GET, HEAD");
  } else if (came_through_us(head.headers)) {
    const Error loop(ErrorKind::loop_detected,
                     "this request has passed through this service before: the store's URL leads back to it");
    response = found.api->failure(loop);
  } else {
    response = co_await answer(std::move(found), request);
  }
  response.route = label;
  finish(head, true, response);
  co_return response;
}

asio::awaitable<Response> FrontDoor::answer(Match found, const Request& request) {
  const RequestHead& head = request.head;
  base::CallContext context(base::Deadline::after(options_.query_timeout));
  context.request_id = request.id;
  context.traceparent = traceparent(head.headers);
  context.wants_plan = head.headers.find(service::kPlanHeader) != nullptr;
  context.wants_fresh = wants_fresh(head.headers);
  if (options_.bearer_token_propagation) context.bearer_token = bearer_token(head.headers);
  if (!found.route.asks_store) co_return co_await answer_guarded(*found.api, std::move(found.route), request, context);

  const Slot slot(in_flight_, options_.max_in_flight);
  if (!slot.taken()) {
    const Error error = overloaded();
    co_return found.api->failure(error);
  }
  auto work = answer_guarded(*found.api, std::move(found.route), request, context);
  auto response = co_await finish_by(context.deadline.at() + kGrace, std::move(work));
  if (response) co_return std::move(*response);
  const Error late(ErrorKind::deadline_exceeded,
                   "the store did not answer within " + std::to_string(options_.query_timeout.count()) + " ms");
  co_return found.api->failure(late);
}

void FrontDoor::finish(const RequestHead& head, bool api_route, Response& response) const {
  if (api_route) {
    add_cors(options_.cors_origins, head, response);
    compress_if_wanted(head.headers, response);
  }
  for (const Header& header : options_.additional_headers) response.headers.add(header.name, header.value);
}

Response FrontDoor::refuse(const RequestHead& head, const Error& error) const {
  const Match found = match(head);
  Response response;
  if (found.api != nullptr) {
    response = found.api->failure(error);
  } else {
    response = error_response(error, base::traits(error.kind).http_status);
  }
  response.close = true;
  for (const Header& header : options_.additional_headers) response.headers.add(header.name, header.value);
  return response;
}

}  // namespace spm::http
