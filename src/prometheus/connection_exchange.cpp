#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <spm/base/utf8.hpp>

#include "connection.hpp"
#include "header_text.hpp"
#include "padded_body.hpp"
#include "streamed_body.hpp"
#include "transport.hpp"

namespace spm::prometheus {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kMaxReplyHeader = 32U << 10U;
constexpr std::size_t kMaxErrorBody = std::size_t{1} << 20U;
constexpr std::size_t kReadSize = std::size_t{64} << 10U;
constexpr std::size_t kMaxUnparsed = std::size_t{32} << 10U;  // of a chunk's head, or of trailers
constexpr int kMaxInterim = 5;                                // 1xx answers before the answer

/// What Beast accepts and no answer may be: two framings, or one that proxies read in different ways.
std::string framing_problem(const http::header<false>& header) {
  const std::size_t lengths = header.count(http::field::content_length);
  const std::size_t encodings = header.count(http::field::transfer_encoding);
  if (lengths > 1 || encodings > 1 || (lengths == 1 && encodings == 1)) return "its length is given twice";
  if (encodings == 1) {
    const auto encoding = header[http::field::transfer_encoding];
    if (!equal_ignoring_case({encoding.data(), encoding.size()}, "chunked") || header.version() < 11) {
      return "its Transfer-Encoding is not chunked on HTTP/1.1";
    }
  }
  return {};
}

std::string text_of(const http::header<false>& header, http::field name) {
  const auto value = header[name];
  return std::string(trimmed({value.data(), value.size()}));
}

void read_head_into(Reply& reply, const http::header<false, http::fields>& header, unsigned status) {
  reply.status = status;
  reply.location = text_of(header, http::field::location);
  reply.retry_after = text_of(header, http::field::retry_after);
  reply.content_encoding = text_of(header, http::field::content_encoding);
  if (equal_ignoring_case(reply.content_encoding, "identity")) reply.content_encoding.clear();
  reply.content_type = text_of(header, http::field::content_type);
  reply.from_victoria_metrics = header.count("X-Server-Hostname") > 0;
}

std::string words_for(const error_code& error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message || error == asio::error::eof ||
      error == asio::ssl::error::stream_truncated) {
    return "the connection ended in the middle of it";
  }
  return base::printable(error.message());
}

std::string over_limit(std::uint64_t limit, std::string_view setting) {
  return "it is over " + std::to_string(limit) + " bytes (" + std::string(setting) + ")";
}

}  // namespace

/// One request and its answer. Lives in the frame of exchange().
class Connection::Dialogue {
 public:
  Dialogue(Transport& transport, ReplyLimits limits) : transport_(transport), limits_(limits) {
    transport_.buffer.reserve(kReadSize);
  }

  asio::awaitable<void> hold(const Request& request, BodyIntake* intake) {
    state_ = co_await asio::this_coro::cancellation_state;
    const bool sent = co_await send(request);
    if (!sent) co_return;
    const bool headed = co_await read_head();
    if (!headed) co_return;
    Reply& reply = result.reply;
    const http::header<false>& header = head_->get().base();
    read_head_into(reply, header, header.result_int());
    const bool stream = intake != nullptr && intake->wants(reply);
    const bool must_be_whole = stream || (intake == nullptr && reply.status == 200);
    result.problem = framing_problem(header);
    if (result.problem.empty() && must_be_whole && head_->need_eof()) {
      result.problem = "nothing says where it ends (neither Content-Length nor chunked)";
    }
    if (!result.problem.empty()) co_return;
    if (stream) {
      co_await hand_over_body(*intake);
    } else {
      co_await keep_body(must_be_whole);
    }
  }

  Exchange result;

 private:
  using Head = http::response_parser<http::empty_body>;

  bool cancelled() const { return state_.cancelled() != asio::cancellation_type::none; }

  void end(const error_code& error, Exchange::Outcome outcome) {
    result.outcome = cancelled() ? Exchange::Outcome::cancelled : outcome;
    result.problem = words_for(error);
  }

  void end_over_limit(std::uint64_t limit, std::string_view setting) {
    result.outcome = Exchange::Outcome::too_large;
    result.problem = over_limit(limit, setting);
  }

  asio::awaitable<bool> send(const Request& request) {
    const auto [error, count] = co_await http::async_write(transport_, request, kQuietly);
    static_cast<void>(count);
    if (error) end(error, Exchange::Outcome::dead_before_answer);
    co_return !error;
  }

  asio::awaitable<bool> read_head() {
    for (int interim = 0;; ++interim) {
      head_.emplace();
      head_->header_limit(kMaxReplyHeader);
      head_->body_limit(boost::none);  // those who take the body have limits
      const auto [error, count] = co_await http::async_read_header(transport_, transport_.buffer, *head_, kQuietly);
      static_cast<void>(count);
      if (error) {
        const bool nothing_came = interim == 0 && !head_->got_some() && transport_.buffer.size() == 0;
        end(error, nothing_came ? Exchange::Outcome::dead_before_answer : Exchange::Outcome::broken);
        co_return false;
      }
      const unsigned status = head_->get().result_int();
      if (status >= 200 || status == 101 || interim == kMaxInterim) co_return true;
    }
  }

  asio::awaitable<void> keep_body(bool must_be_whole) {
    http::response_parser<PaddedBody> parser(std::move(*head_));
    std::size_t limit = result.reply.content_encoding.empty() ? limits_.max_body : limits_.max_compressed;
    if (!must_be_whole) limit = kMaxErrorBody;
    const auto length = parser.content_length();
    if (must_be_whole && length && *length > limit) {
      end_over_limit(limit, kMaxBodySetting);
      co_return;
    }
    PaddedBody::value_type& body = parser.get().body();
    if (length) body.bytes.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, limit)));
    body.limit = limit;
    const auto [error, count] = co_await http::async_read(transport_, transport_.buffer, parser, kQuietly);
    static_cast<void>(count);
    result.reply.body = std::move(body.bytes);
    if (error && (must_be_whole || cancelled())) {
      end(error, Exchange::Outcome::broken);
      if (error == http::error::body_limit) end_over_limit(limit, kMaxBodySetting);
      co_return;
    }
    // An error counts by its status, however much of its page came.
    result.outcome = Exchange::Outcome::answered;
    result.reply.whole = !error;
    result.reusable = !error && parser.keep_alive() && transport_.buffer.size() == 0;
  }

  /// Each read is an operation of its own, after which the strand's and the pool's other work gets its turn.
  asio::awaitable<void> hand_over_body(BodyIntake& intake) {
    http::response_parser<StreamedBody> parser(std::move(*head_));
    parser.eager(true);
    const auto length = parser.content_length();
    if (length && *length > limits_.max_stream) {
      end_over_limit(limits_.max_stream, kMaxStreamSetting);
      co_return;
    }
    StreamedBody::value_type& body = parser.get().body();
    body.intake = &intake;
    body.left = limits_.max_stream;
    boost::beast::flat_buffer& buffer = transport_.buffer;
    error_code error;
    while (true) {
      if (buffer.size() > 0 && !parser.is_done()) buffer.consume(parser.put(buffer.data(), error));
      if (error == http::error::need_more) error = {};
      if (!error && buffer.size() > kMaxUnparsed && !parser.is_done()) error = http::error::header_limit;
      if (error || parser.is_done() || cancelled()) break;
      const auto [failure, count] = co_await transport_.async_read_some(buffer.prepare(kReadSize), kQuietly);
      buffer.commit(count);
      error = failure;
      if (error) break;
    }
    if (parser.is_done() && !error) {
      result.outcome = Exchange::Outcome::streamed;
      result.reply.whole = true;
      result.reusable = parser.keep_alive() && buffer.size() == 0;
    } else if (error == http::error::body_limit) {
      end_over_limit(limits_.max_stream, kMaxStreamSetting);
    } else {
      end(error, Exchange::Outcome::broken);
    }
    if (body.refusal && result.outcome != Exchange::Outcome::cancelled) {
      result.outcome = Exchange::Outcome::refused;
      result.refusal = std::move(*body.refusal);
    }
  }

  Transport& transport_;
  const ReplyLimits limits_;
  asio::cancellation_state state_;
  std::optional<Head> head_;
};

asio::awaitable<Exchange> Connection::exchange(const Request& request, ReplyLimits limits, BodyIntake* intake) {
  Dialogue dialogue(*transport_, limits);
  co_await dialogue.hold(request, intake);
  co_return std::move(dialogue.result);
}

}  // namespace spm::prometheus
