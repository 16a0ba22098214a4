#include "framing_gate.hpp"

#include <charconv>
#include <optional>

#include <spm/base/utf8.hpp>

#include "text.hpp"

namespace spm::http {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

tl::unexpected<base::Error> malformed(std::string why) { return fail(ErrorKind::malformed_request, std::move(why)); }

/// Cuts lines off a head. A line ends with CRLF and holds no other CR, LF, NUL or control byte but tabs.
class LineReader {
 public:
  explicit LineReader(std::string_view head) noexcept : rest_(head) {}

  Result<std::string_view> next() {
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const auto byte = static_cast<std::uint8_t>(rest_[i]);
      if (byte == '\r') {
        if (i + 1 >= rest_.size() || rest_[i + 1] != '\n') return malformed("a CR without LF in the request's head");
        const std::string_view line = rest_.substr(0, i);
        rest_.remove_prefix(i + 2);
        return line;
      }
      if (byte == '\n') return malformed("a line of the request's head ends with LF alone, it must end with CRLF");
      if ((byte < 0x20 && byte != '\t') || byte == 0x7F) {
        return malformed("a control character in the request's head");
      }
    }
    return malformed("the request's head does not end with an empty line");
  }
  bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

Result<void> check_target(std::string_view method, std::string_view target) {
  for (const char c : target) {
    if (c <= 0x20 || c == 0x7F || c == '#') {  // bytes from 0x80 on are negative
      return malformed("the request target holds a byte that must be percent-encoded");
    }
  }
  if (target == "*") {
    if (method == "OPTIONS") return {};
    return malformed("the request target '*' goes with OPTIONS only");
  }
  if (!target.starts_with('/')) return malformed("the request target must be a path that begins with '/'");
  return {};
}

/// Returns the minor version.
Result<int> check_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return malformed("the request line is not 'METHOD target HTTP/1.1'");
  }
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (method.empty()) return malformed("the request line has no method");
  for (const char c : method) {
    if (!is_token_char(c)) return malformed("the method holds a character that no method has");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return malformed("HTTP/1.1 and HTTP/1.0 are spoken here, not '" + base::printable(version, 20) + "'");
  }
  if (auto target = check_target(method, line.substr(first + 1, last - first - 1)); !target) {
    return fail(std::move(target.error()));
  }
  return version.back() - '0';
}

Result<std::uint64_t> read_content_length(std::string_view value) {
  std::uint64_t length = 0;
  const char* end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, length);
  if (value.empty() || value.front() == '-' || error != std::errc() || stop != end) {
    return malformed("Content-Length is not one decimal number");
  }
  return length;
}

bool is_host(std::string_view value) noexcept { return value.find_first_of(" \t,/@?#\\") == std::string_view::npos; }

/// What the fields say that matters for framing, gathered line by line.
class FramingFields {
 public:
  Result<void> add(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return malformed("a header is folded over two lines");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return malformed("a header line without a name and a colon");
    const std::string_view name = line.substr(0, colon);
    for (const char c : name) {
      if (!is_token_char(c)) return malformed("a header name holds a character that no name has");
    }
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (equal_ignoring_case(name, "host")) {
      ++hosts_;
      if (!is_host(value)) return malformed("the Host header is not a host");
    } else if (equal_ignoring_case(name, "content-length")) {
      if (length_) return malformed("more than one Content-Length");
      auto length = read_content_length(value);
      if (!length) return fail(std::move(length.error()));
      length_ = *length;
    } else if (equal_ignoring_case(name, "transfer-encoding")) {
      if (chunked_) return malformed("more than one Transfer-Encoding");
      if (!equal_ignoring_case(value, "chunked")) {
        return malformed("the only Transfer-Encoding understood is 'chunked', alone");
      }
      chunked_ = true;
    }
    return {};
  }

  Result<Framing> decide(int minor_version) const {
    if (minor_version == 1 && hosts_ != 1) {
      return malformed(hosts_ == 0 ? "HTTP/1.1 without a Host header" : "more than one Host header");
    }
    if (hosts_ > 1) return malformed("more than one Host header");
    if (chunked_ && minor_version == 0) return malformed("Transfer-Encoding does not exist in HTTP/1.0");
    if (chunked_ && length_) return malformed("Transfer-Encoding and Content-Length in one request");
    Framing framing;
    if (chunked_) framing.kind = BodyFraming::chunked;
    if (length_) {
      framing.kind = BodyFraming::content_length;
      framing.content_length = *length_;
    }
    return framing;
  }

 private:
  int hosts_ = 0;
  std::optional<std::uint64_t> length_;
  bool chunked_ = false;
};

}  // namespace

Result<Framing> pass_framing_gate(std::string_view head, const HeadLimits& limits) {
  if (head.size() > limits.max_bytes) {
    return fail(ErrorKind::header_too_large,
                "the request's head is larger than " + std::to_string(limits.max_bytes) + " bytes");
  }
  LineReader lines(head);
  auto request_line = lines.next();
  if (!request_line) return fail(std::move(request_line.error()));
  const auto minor_version = check_request_line(*request_line);
  if (!minor_version) return fail(minor_version.error());

  FramingFields fields;
  std::size_t count = 0;
  for (;;) {
    auto line = lines.next();
    if (!line) return fail(std::move(line.error()));
    if (line->empty()) break;
    if (++count > limits.max_headers) {
      return fail(ErrorKind::header_too_large,
                  "the request has more than " + std::to_string(limits.max_headers) + " headers");
    }
    if (auto added = fields.add(*line); !added) return fail(std::move(added.error()));
  }
  if (!lines.at_end()) return malformed("bytes after the end of the request's head");
  return fields.decide(*minor_version);
}

}  // namespace spm::http
