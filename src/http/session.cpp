#include "session.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
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
/// Bodies up to here are written whatever else is.
constexpr std::size_t kAlwaysSent = std::size_t{64} << 10U;

/// Bytes counted among those that are being written, for as long as this lives.
class SendingBytes {
 public:
  SendingBytes(std::atomic<std::size_t>& all, std::size_t own) : all_(all), own_(own), total_((all += own)) {}
  ~SendingBytes() { all_ -= own_; }
  SendingBytes(const SendingBytes&) = delete;
  SendingBytes& operator=(const SendingBytes&) = delete;

  std::size_t own() const noexcept { return own_; }
  std::size_t total() const noexcept { return total_; }

 private:
  std::atomic<std::size_t>& all_;
  const std::size_t own_;
  const std::size_t total_;
};
constexpr std::size_t kMaxLoggedMethod = 20;
/// Pipelined requests that are answered before other connections have their turn.
constexpr int kMaxInOneGo = 32;

/// Why reading ended: too late, or the client is gone (then nobody is left to be answered).
Error read_error(const Connection::ErrorCode& error, std::string_view what) {
  if (error == asio::error::timed_out) {
    return Error(ErrorKind::request_timeout, "the request's " + std::string(what) + " did not arrive in time");
  }
  return Error(ErrorKind::cancelled, "the connection was closed: " + error.message());
}

/// A caller's text as it is logged; `room` holds it where it cannot be shown as it is.
std::string_view shown(std::string_view text, std::size_t max_bytes, std::string& room) {
  const bool plain =
      text.size() <= max_bytes && std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
  if (plain) return text;
  room = base::printable(text, max_bytes);
  return room;
}

bool has_body(const RequestHead& head) noexcept {
  return head.framing == BodyFraming::chunked ||
         (head.framing == BodyFraming::content_length && head.content_length > 0);
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, const SessionContext& context)
    : context_(context),
      gone_(std::make_shared<asio::cancellation_signal>()),
      connection_(std::move(socket), context.options.max_head_bytes) {}

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

void Session::cut() { connection_.close(); }

void Session::consume(std::size_t bytes) {
  connection_.consume(bytes);
  head_end_.reset();
}

asio::awaitable<Result<std::size_t>> Session::wait_for_head() {
  const HttpServerOptions& options = context_.options;
  if (connection_.unread().empty()) {
    if (draining_) co_return fail(ErrorKind::cancelled, "the server is stopping");
    idle_ = true;
    const auto error = co_await connection_.read_some(Clock::now() + options.idle_timeout);
    idle_ = false;
    in_one_go_ = 0;
    if (error) co_return fail(ErrorKind::cancelled, "closed while idle: " + error.message());
  }
  if (++in_one_go_ > kMaxInOneGo) {
    in_one_go_ = 0;
    co_await asio::post(asio::use_awaitable);
  }
  const auto by = Clock::now() + options.head_timeout;
  // Some clients end a request with a line break that belongs to nothing.
  int stray_lines = 0;
  for (;;) {
    while (stray_lines < 2 && connection_.unread().starts_with("\r\n")) {
      ++stray_lines;
      consume(2);
    }
    if (const auto size = head_end_.find(connection_.unread())) co_return *size;
    if (connection_.unread().size() > options.max_head_bytes) {
      co_return fail(ErrorKind::header_too_large,
                     "the request's head is larger than " + std::to_string(options.max_head_bytes) + " bytes");
    }
    const auto error = co_await connection_.read_some(by);
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
  const std::string raw_head(connection_.unread().substr(0, *size));
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
  if (request.head.expects_continue && connection_.unread().empty()) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto error = co_await connection_.write(kContinue, {}, context_.options.write_timeout);
    if (error) co_return fail(read_error(error, "body"));
  }
  BodyReader reader(raw_head, limit);
  for (;;) {
    auto used = reader.put(connection_.unread());
    if (!used) co_return fail(std::move(used.error()));
    consume(*used);
    if (reader.done()) break;
    // What the reader leaves is one unfinished line of chunk framing.
    if (*used == 0 && connection_.unread().size() > context_.options.max_head_bytes) {
      co_return fail(ErrorKind::malformed_request, "a line of the body's framing is too long");
    }
    const auto error = co_await connection_.read_some(by);
    if (error) co_return fail(read_error(error, "body"));
  }
  request.body = reader.take();
  co_return Result<void>();
}

asio::awaitable<std::optional<Response>> Session::handle_while_connected(const Request& request) {
  connection_.watch(*gone_);
  std::optional<Response> response = co_await handle_guarded(request);
  if (!connection_.end_watch()) response.reset();
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

asio::awaitable<bool> Session::respond(const Request& request, Response response) {
  const bool alone = response.body && response.body.use_count() == 1;
  const SendingBytes sending(context_.sending, alone ? response.body->size() : 0);
  if (sending.total() > context_.options.max_sending_bytes && sending.own() > kAlwaysSent) {
    Error full(ErrorKind::overloaded, "too many large answers are being read slowly; try again in a second");
    full.retry_after = std::chrono::seconds(1);
    response = context_.handler.refuse(request.head, full);
  }
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
  if (!framing.keep_alive) linger_ = request.head.keep_alive || !connection_.unread().empty();
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
  std::array<char, 12> code{};
  const auto code_end = std::to_chars(code.data(), code.data() + code.size(), status).ptr;
  context_.metrics.request_finished(context_.options.door, response.route, std::string_view(code.data(), code_end),
                                    took);
  if (!context_.options.access_log) return;
  std::string method;
  std::string path;
  std::string query;
  const std::string* agent = request.head.headers.find("user-agent");
  context_.log.access({{"door", telemetry::door_name(context_.options.door)},
                       {"method", shown(request.head.method, kMaxLoggedMethod, method)},
                       {"path", shown(request.head.path, kMaxLoggedBytes, path)},
                       {"query", shown(request.head.query, kMaxLoggedBytes, query)},
                       {"status", status},
                       {"bytes", static_cast<std::uint64_t>(bytes)},
                       {"duration_ms", std::chrono::duration<double, std::milli>(took).count()},
                       {"request_id", request.id},
                       {"remote", request.remote},
                       {"user_agent", agent == nullptr ? std::string_view() : std::string_view(*agent)}});
}

}  // namespace spm::http
