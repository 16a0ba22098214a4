#include "body_reader.hpp"

#include <functional>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace spm::http {

namespace beast = boost::beast;
using base::ErrorKind;
using base::fail;

struct BodyReader::Parser {
  beast::http::request_parser<beast::http::string_body> http;
  // Beast keeps a reference to the callback, and lets line ends through in a quoted chunk extension.
  std::function<void(std::uint64_t, beast::string_view, beast::error_code&)> on_chunk =
      [](std::uint64_t, beast::string_view extensions, beast::error_code& error) {
        if (extensions.find_first_of("\r\n") != beast::string_view::npos) {
          error = beast::http::error::bad_chunk_extension;
        }
      };
};

BodyReader::BodyReader(std::string_view head, std::size_t max_bytes) : parser_(std::make_unique<Parser>()) {
  parser_->http.body_limit(max_bytes);
  parser_->http.header_limit(static_cast<std::uint32_t>(head.size() + 1'024));  // room for trailers
  parser_->http.on_chunk_header(parser_->on_chunk);
  beast::error_code ignored;  // the head has been parsed before
  parser_->http.put(boost::asio::buffer(head.data(), head.size()), ignored);
  parser_->http.eager(true);
}

BodyReader::~BodyReader() = default;

base::Result<std::size_t> BodyReader::put(std::string_view bytes) {
  if (done()) return 0;
  beast::error_code error;
  const std::size_t used = parser_->http.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error == beast::http::error::need_more) error = {};
  if (error == beast::http::error::body_limit) {
    return fail(ErrorKind::body_too_large, "the request's body is larger than is taken here");
  }
  if (error) return fail(ErrorKind::malformed_request, "the request's body is not HTTP: " + error.message());
  return used;
}

bool BodyReader::done() const noexcept { return parser_->http.is_done(); }

std::string BodyReader::take() { return std::move(parser_->http.get().body()); }

}  // namespace spm::http
