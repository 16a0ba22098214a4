#include "values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <spm/base/go_duration.hpp>
#include <spm/base/utf8.hpp>

namespace spm::config {
namespace {

constexpr std::size_t kMaxTextBytes = 4'096;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool has_control(std::string_view text) { return std::ranges::any_of(text, is_control); }

/// RFC 9110's token: what a header's name is made of.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Headers that belong to one connection, or that the HTTP layer writes itself.
constexpr std::array<std::string_view, 13> kFramingHeaders = {
    "connection", "content-length",    "content-type", "host",   "keep-alive", "proxy-connection", "te",
    "trailer",    "transfer-encoding", "upgrade",      "expect", "via",        "content-encoding"};

// The value never stands in a message: it may be a secret.
base::Result<Header> parse_header(std::string_view text, std::string_view example) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return refuse("a header without a colon: write Name:value, for example " + std::string(example));
  }
  const std::string_view name = trim(text.substr(0, colon));
  const std::string_view value = trim(text.substr(colon + 1));
  if (!is_token(name)) {
    return refuse("the part before the first colon is not a header name: write Name:value, for example " +
                  std::string(example));
  }
  if (std::ranges::find(kFramingHeaders, lower(name)) != kFramingHeaders.end()) {
    return refuse("header " + std::string(name) + " belongs to the connection and cannot be set: remove it");
  }
  if (has_control(value)) {
    return refuse("the value of header " + std::string(name) + " holds a control character: remove it");
  }
  return Header{std::string(name), std::string(value)};
}

/// Empty counts: "http://host:/" is the scheme's own port.
bool is_port(boost::core::string_view digits) {
  std::uint16_t port = 1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return digits.empty() || (error == std::errc{} && end == digits.data() + digits.size() && port != 0);
}

std::string range_text(std::uint64_t min, std::uint64_t max) {
  if (max == std::numeric_limits<std::uint64_t>::max()) return "a whole number from " + std::to_string(min);
  return "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

}  // namespace

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorKind::invalid_argument, std::move(message));
}

std::string in_quotes(std::string_view text) { return "'" + base::printable(text) + "'"; }

base::Result<bool> parse_bool(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, text) != kFalse.end()) return false;
  return refuse(in_quotes(text) + " is not a boolean: write true or false");
}

base::Result<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds min,
                                                       std::chrono::milliseconds max) {
  const auto parsed = base::parse_go_duration(text);
  if (!parsed) return refuse(parsed.error().message);
  // Compared in nanoseconds: rounding must not let 0.1ms through as "at least 0", nor anything over the top.
  if (*parsed < min || *parsed > max) {
    return refuse(in_quotes(text) + " is out of range: write a duration from " + base::format_go_duration(min) +
                  " to " + base::format_go_duration(max));
  }
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(*parsed);
  if (whole != *parsed)
    return refuse(in_quotes(text) + " is not a whole number of milliseconds: write for example 500ms");
  return whole;
}

base::Result<std::uint64_t> parse_integer(std::string_view text, std::uint64_t min, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < min || value > max) {
    return refuse(in_quotes(text) + " is not " + range_text(min, max) + ": write one");
  }
  return value;
}

base::Result<std::uint64_t> parse_bytes(std::string_view text, std::uint64_t min, std::uint64_t max) {
  struct Unit {
    std::string_view name;
    unsigned shift;
  };
  constexpr std::array kUnits = {Unit{"KiB", 10}, Unit{"MiB", 20}, Unit{"GiB", 30}};
  std::string_view digits = text;
  unsigned shift = 0;
  for (const Unit& unit : kUnits) {
    if (digits.ends_with(unit.name)) {
      digits.remove_suffix(unit.name.size());
      shift = unit.shift;
      break;
    }
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return refuse(in_quotes(text) + " is not a number of bytes: write for example 65536, 64KiB or 16MiB");
  }
  if (value > (max >> shift) || (value << shift) < min) {
    return refuse(in_quotes(text) + " is out of range: write from " + format_bytes(min) + " to " + format_bytes(max));
  }
  return value << shift;
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> kNames = {"", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  while (unit + 1 < kNames.size() && bytes != 0 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes).append(kNames[unit]);
}

base::Result<HostPort> parse_host_port(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return refuse(in_quotes(text) + " is not a host and port, " + std::string(why) +
                  ": write for example :16690, 127.0.0.1:16690 or [::1]:16690");
  };
  if (text.find("//") != std::string_view::npos) return wrong("but a URL");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("the colon and the port are missing");
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);

  HostPort result;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result.port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return wrong("the port is not one of 0 to 65535");
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 4) return wrong("the brackets do not hold an address");
    host = host.substr(1, host.size() - 2);
    if (host.find_first_not_of("0123456789abcdefABCDEF:.%") != std::string_view::npos) {
      return wrong("the brackets do not hold an address");
    }
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("an IPv6 address needs brackets");
  } else if (!std::ranges::all_of(host, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                      c == '-' || c == '_';
             })) {
    return wrong("the host holds a character that no host has");
  }
  result.host = host;
  return result;
}

std::string HostPort::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

base::Result<void> check_store_url(std::string_view text) {
  constexpr std::string_view kExample = ": write for example http://prometheus:9090";
  const std::string shown = in_quotes(redact_url(text));
  if (text.empty()) return refuse("the URL is empty" + std::string(kExample));
  if (text.size() > kMaxTextBytes) return refuse("the URL is longer than 4096 bytes: shorten it");
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) {
    return refuse(shown + " is a relative URL, it has no scheme" + std::string(kExample));
  }
  const std::string scheme = lower(text.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") {
    return refuse(shown + " has a scheme other than http and https" + std::string(kExample));
  }
  const auto url = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  if (!url) {
    return refuse(shown + " is not a URL (characters such as spaces, or @ in a password, must be written as %XX)" +
                  std::string(kExample));
  }
  if (url->encoded_host().empty()) return refuse(shown + " has no host" + std::string(kExample));
  if (url->has_query()) {
    return refuse(shown + " has a query: remove it, and write parameters into --prometheus.query.extra-query-params");
  }
  if (url->has_fragment()) return refuse(shown + " has a fragment: remove the # and what follows");
  // Boost 1.81 takes "host:nine" for the host and a path that follows without a slash.
  const auto path = url->encoded_path();
  if ((!path.empty() && path.front() != '/') || (url->has_port() && !url->port().empty() && !is_port(url->port()))) {
    return refuse(shown + " has no port between 1 and 65535" + std::string(kExample));
  }
  return {};
}

base::Result<std::string> parse_base_path(std::string_view text) {
  if (text.empty()) return std::string("/");
  if (text.size() > 1'024) return refuse("the path is longer than 1024 bytes: shorten it");
  if (text.front() != '/') {
    return refuse(in_quotes(text) + " does not start with a slash: write for example /jaeger");
  }
  const bool odd = std::ranges::any_of(text, [](char c) {
    return is_control(c) || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view(" ?#%\\\"<>").find(c) != std::string_view::npos;
  });
  if (odd) return refuse(in_quotes(text) + " holds a character that a path cannot have: write for example /jaeger");
  while (text.size() > 1 && text.back() == '/') text.remove_suffix(1);
  const std::string framed = std::string(text) + "/";
  if (text.size() > 1 && (framed.find("//") != std::string::npos || framed.find("/../") != std::string::npos ||
                          framed.find("/./") != std::string::npos)) {
    return refuse(in_quotes(text) + " has an empty or dotted segment: write for example /jaeger");
  }
  return std::string(text);
}

base::Result<Header> parse_store_header(std::string_view text) {
  auto header = parse_header(text, "X-Scope-OrgID:team");
  // Compression has a switch of its own, and what it brings must match what the decoder expects.
  if (header && lower(header->name) == "accept-encoding") {
    return refuse("header Accept-Encoding cannot be set: write --store.compression");
  }
  return header;
}

base::Result<Header> parse_answer_header(std::string_view text) {
  return parse_header(text, "\"Cache-Control: no-store\"");
}

base::Result<Parameter> parse_extra_parameter(std::string_view text) {
  constexpr std::array<std::string_view, 5> kReserved = {"query", "start", "end", "step", "timeout"};
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return refuse("a parameter without name=value: write for example dedup=true,partial_response=false");
  }
  const std::string_view name = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  if (has_control(text)) return refuse("parameter " + in_quotes(name) + " holds a control character: remove it");
  if (!base::is_valid_utf8(text)) return refuse("parameter " + in_quotes(name) + " is not UTF-8: write it in UTF-8");
  if (std::ranges::find(kReserved, name) != kReserved.end()) {
    return refuse("parameter " + in_quotes(name) + " is written by every query itself: remove it");
  }
  return Parameter{std::string(name), std::string(value)};
}

base::Result<std::string> parse_origin(std::string_view text) {
  if (text == "*") return std::string(text);
  const auto url = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  const bool http = text.starts_with("http://") || text.starts_with("https://");
  if (!url || !http || url->encoded_host().empty() || url->has_userinfo() || url->has_query() || url->has_fragment() ||
      !url->encoded_path().empty()) {
    return refuse(in_quotes(redact_url(text)) +
                  " is not an origin: write * or for example https://grafana.example.com");
  }
  return std::string(text);
}

base::Result<std::string> parse_metric_namespace(std::string_view text) {
  if (text.size() > 200) return refuse("the namespace is longer than 200 bytes: shorten it");
  if (has_control(text) || !base::is_valid_utf8(text)) {
    return refuse(in_quotes(text) + " cannot stand in a metric name: write for example traces_span_metrics");
  }
  return std::string(text);
}

base::Result<std::string> parse_plain_text(std::string_view text) {
  if (text.size() > kMaxTextBytes) return refuse("the text is longer than 4096 bytes: shorten it");
  if (has_control(text)) return refuse(in_quotes(text) + " holds a control character: remove it");
  return std::string(text);
}

}  // namespace spm::config
