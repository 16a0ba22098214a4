#include "session.hpp"

#include <exception>
#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/base/utf8.hpp>
#include <spm/telemetry/failure_report.hpp>

#include "body_reader.hpp"
#include "caller.hpp"
#include "response_head.hpp"

namespace spm::http {
namespace {

namespace asio = boost::asio;
using base::Error;
using base::ErrorKind;
using base::fail;
using base::Result;
using Clock = Connection::Clock;

constexpr std::size_t kMaxLoggedBytes = 500;

/// Why reading ended: too late, or the client is gone (then nobody is left to be answered).
Error read_error(const Connection::ErrorCode& error, std::string_view what) {
  if (error == asio::error::timed_out) {
    return Error(ErrorKind::request_timeout, "the request's " + std::string(what) + " did not arrive in time");
  }
  return Error(ErrorKind::cancelled, "the connection was closed: " + error.message());
}

bool has_body(const RequestHead& head) noexcept {
  return head.framing == BodyFraming::chunked ||
         (head.framing == BodyFraming::content_length && head.content_length > 0);
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, const SessionContext& context)
    : context_(context),
      never_(socket.get_executor(), asio::steady_timer::time_point::max()),
      connection_(std::move(socket)) {}

asio::awaitable<void> Session::run() {
  for (;;) {
    const bool again = co_await serve_one();
    if (!again) break;
  }
  if (linger_) co_await connection_.linger();
  connection_.close();
}

void Session::drain() {
  draining_ = true;
  if (idle_ && !connection_.has_input()) connection_.close();
}

void Session::cut() {
  never_.expires_at(asio::steady_timer::time_point::min());
  connection_.close();
}

void Session::consume(std::size_t bytes) {
  begin_ += bytes;
  head_end_.reset();
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
  } else if (begin_ > context_.options.max_head_bytes) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
}

asio::awaitable<Result<std::size_t>> Session::wait_for_head() {
  const HttpServerOptions& options = context_.options;
  if (unread().empty()) {
    if (draining_) co_return fail(ErrorKind::cancelled, "the server is stopping");
    idle_ = true;
    const auto error =
        co_await connection_.read_some(buffer_, options.max_head_bytes, Clock::now() + options.idle_timeout);
    idle_ = false;
    if (error) co_return fail(ErrorKind::cancelled, "closed while idle: " + error.message());
  }
  const auto by = Clock::now() + options.head_timeout;
  // Some clients end a request with a line break that belongs to nothing.
  int stray_lines = 0;
  for (;;) {
    while (stray_lines < 2 && unread().starts_with("\r\n")) {
      ++stray_lines;
      consume(2);
    }
    if (const auto size = head_end_.find(unread())) co_return *size;
    if (unread().size() > options.max_head_bytes) {
      co_return fail(ErrorKind::header_too_large,
                     "the request's head is larger than " + std::to_string(options.max_head_bytes) + " bytes");
    }
    const auto error = co_await connection_.read_some(buffer_, options.max_head_bytes, by);
    if (error) co_return fail(read_error(error, "head"));
  }
}

asio::awaitable<bool> Session::serve_one() {
  const auto size = co_await wait_for_head();
  Request request;
  request.remote = connection_.remote();
  if (!size) {
    if (size.error().kind == ErrorKind::cancelled) co_return false;
    co_return co_await refuse(std::move(request), size.error());
  }
  const std::string raw_head(unread().substr(0, *size));
  consume(*size);
  HeadLimits limits;
  limits.max_bytes = context_.options.max_head_bytes;
  limits.max_headers = context_.options.max_headers;
  auto head = parse_head(raw_head, limits);
  if (!head) co_return co_await refuse(std::move(request), head.error());
  request.head = std::move(*head);
  request.id = request_id(request.head.headers);

  if (has_body(request.head)) {
    const auto body = co_await read_body(raw_head, request);
    if (!body) {
      if (body.error().kind == ErrorKind::cancelled) co_return false;
      co_return co_await refuse(std::move(request), body.error());
    }
  }

  request.received = Clock::now();
  std::optional<Response> response;
  {
    const telemetry::Metrics::InFlight in_flight(context_.metrics, context_.options.door);
    response = co_await handle_while_connected(request);
  }
  if (!response) {
    const Response nobody_left;
    const Error gone(ErrorKind::cancelled, "the client went away before it was answered");
    context_.metrics.request_failed(context_.options.door, gone.kind);
    record(request, nobody_left, 0, base::traits(gone.kind).http_status);
    co_return false;
  }
  co_return co_await respond(request, std::move(*response));
}

asio::awaitable<Result<void>> Session::read_body(std::string_view raw_head, Request& request) {
  const std::size_t limit = context_.handler.body_limit(request.head);
  if (limit == 0) co_return fail(ErrorKind::body_too_large, "no body is expected with this request");
  if (request.head.content_length > limit) {
    co_return fail(ErrorKind::body_too_large, "the request's body is larger than " + std::to_string(limit) + " bytes");
  }
  const auto by = Clock::now() + context_.options.head_timeout;
  if (request.head.expects_continue && unread().empty()) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto error = co_await connection_.write(kContinue, {}, context_.options.write_timeout);
    if (error) co_return fail(read_error(error, "body"));
  }
  BodyReader reader(raw_head, limit);
  for (;;) {
    auto used = reader.put(unread());
    if (!used) co_return fail(std::move(used.error()));
    consume(*used);
    if (reader.done()) break;
    // What the reader leaves is one unfinished line of chunk framing.
    if (*used == 0 && unread().size() > context_.options.max_head_bytes) {
      co_return fail(ErrorKind::malformed_request, "a line of the body's framing is too long");
    }
    const auto error = co_await connection_.read_some(buffer_, context_.options.max_head_bytes, by);
    if (error) co_return fail(read_error(error, "body"));
  }
  request.body = reader.take();
  co_return Result<void>();
}

asio::awaitable<std::optional<Response>> Session::handle_while_connected(const Request& request) {
  using asio::experimental::awaitable_operators::operator||;
  auto outcome = co_await (handle_guarded(request) || until_client_gone());
  std::optional<Response> response;
  if (outcome.index() == 0) response = std::move(std::get<0>(outcome));
  co_return response;
}

asio::awaitable<Response> Session::handle_guarded(const Request& request) {
  std::string what;
  try {
    co_return co_await context_.handler.handle(request);
  } catch (const std::exception& exception) {
    what = exception.what();
  }
  Error error(ErrorKind::internal, "an internal error, see the log for this request's id");
  error.log_detail = std::move(what);
  co_return context_.handler.refuse(request.head, error);
}

asio::awaitable<void> Session::until_client_gone() {
  // Reading is the only way to notice. What comes is the next request; it is kept, up to a bound.
  while (unread().size() <= context_.options.max_head_bytes) {
    const auto error = co_await connection_.read_some(buffer_, context_.options.max_head_bytes);
    if (error) co_return;
  }
  co_await never_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<bool> Session::respond(const Request& request, Response response) {
  ResponseFraming framing;
  framing.minor_version = request.head.minor_version;
  framing.keep_alive = request.head.keep_alive && !response.close && !draining_;
  framing.now_ms = context_.clock.now_ms();
  framing.request_id = request.id;
  const std::string head = response_head(response, framing);
  const bool with_body = request.head.method != "HEAD" && !is_bodiless(response.status);
  const std::string_view body = with_body ? response.body_text() : std::string_view();
  const auto error = co_await connection_.write(head, body, context_.options.write_timeout);
  if (response.failure) report(request, *response.failure);
  if (error) {
    const Error slow(ErrorKind::cancelled, "the answer could not be written: " + error.message());
    context_.log.debug(slow.message, {{"request_id", request.id}, {"remote", request.remote}});
  }
  record(request, response, error ? 0 : head.size() + body.size(), response.status);
  if (error) co_return false;
  if (!framing.keep_alive) linger_ = request.head.keep_alive || !unread().empty();
  co_return framing.keep_alive;
}

asio::awaitable<bool> Session::refuse(Request request, Error error) {
  if (request.id.empty()) request.id = request_id(Headers());
  request.received = Clock::now();
  Response response = context_.handler.refuse(request.head, error);
  response.close = true;
  response.route = "refused";
  const bool again = co_await respond(request, std::move(response));
  linger_ = true;
  co_return again;
}

void Session::report(const Request& request, const Error& error) {
  context_.metrics.request_failed(context_.options.door, error.kind);
  telemetry::log_failure(context_.log, context_.options.door, base::printable(request.head.path, kMaxLoggedBytes),
                         request.id, error);
}

void Session::record(const Request& request, const Response& response, std::size_t bytes, int status) {
  const auto took = Clock::now() - request.received;
  context_.metrics.request_finished(context_.options.door, response.route, std::to_string(status), took);
  if (!context_.options.access_log) return;
  const std::string* agent = request.head.headers.find("user-agent");
  context_.log.access({{"door", telemetry::door_name(context_.options.door)},
                       {"method", base::printable(request.head.method, 20)},
                       {"path", base::printable(request.head.path, kMaxLoggedBytes)},
                       {"query", base::printable(request.head.query, kMaxLoggedBytes)},
                       {"status", status},
                       {"bytes", static_cast<std::uint64_t>(bytes)},
                       {"duration_ms", std::chrono::duration<double, std::milli>(took).count()},
                       {"request_id", request.id},
                       {"remote", request.remote},
                       {"user_agent", agent == nullptr ? std::string_view() : std::string_view(*agent)}});
}

}  // namespace spm::http
