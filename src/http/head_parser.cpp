#include "head_parser.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace spm::http {
namespace {

namespace beast = boost::beast;
using base::ErrorKind;
using base::fail;
using base::Result;

std::string text(beast::string_view view) { return std::string(view.data(), view.size()); }

bool keeps_alive(const RequestHead& head) {
  if (head.headers.has_token("connection", "close")) return false;
  return head.minor_version == 1 || head.headers.has_token("connection", "keep-alive");
}

}  // namespace

Result<RequestHead> parse_head(std::string_view head, const HeadLimits& limits) {
  const auto framing = pass_framing_gate(head, limits);
  if (!framing) return fail(framing.error());

  beast::http::request_parser<beast::http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.max_bytes));
  parser.eager(false);
  parser.skip(true);  // bodies are read by BodyReader
  beast::error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (error == beast::http::error::header_limit) {
    return fail(ErrorKind::header_too_large, "the request's head is too large");
  }
  if (error || !parser.is_header_done()) {
    return fail(ErrorKind::malformed_request, "the request's head is not HTTP: " + error.message());
  }

  const auto& message = parser.get();
  RequestHead result;
  result.method = text(message.method_string());
  result.target = text(message.target());
  const std::size_t question = result.target.find('?');
  result.path = result.target.substr(0, question);
  if (question != std::string::npos) result.query = result.target.substr(question + 1);
  result.minor_version = message.version() == 10 ? 0 : 1;
  for (const auto& field : message) result.headers.add(text(field.name_string()), text(field.value()));
  result.framing = framing->kind;
  result.content_length = framing->content_length;
  result.keep_alive = keeps_alive(result);
  const std::string* expect = result.headers.find("expect");
  if (expect != nullptr && result.minor_version == 1) {
    if (!equal_ignoring_case(*expect, "100-continue")) {
      return fail(ErrorKind::malformed_request, "the only Expect understood is '100-continue'");
    }
    result.expects_continue = true;
  }
  return result;
}

std::optional<std::size_t> HeadEndFinder::find(std::string_view bytes) noexcept {
  for (; scanned_ < bytes.size(); ++scanned_) {
    if (bytes[scanned_] != '\n') continue;
    const bool after_lf = scanned_ >= 1 && bytes[scanned_ - 1] == '\n';
    const bool after_lf_cr = scanned_ >= 2 && bytes[scanned_ - 1] == '\r' && bytes[scanned_ - 2] == '\n';
    if (after_lf || after_lf_cr) return ++scanned_;
  }
  return std::nullopt;
}

}  // namespace spm::http
