#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <spm/base/utf8.hpp>
#include <spm/prometheus/store_options.hpp>

namespace spm::prometheus {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

/// `text` for a message: whatever may be a user and a password is gone, also where the rest is no URL.
std::string without_secrets(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) return base::printable(text);
  const std::size_t scheme = text.find("://");
  std::string safe = scheme == std::string_view::npos || scheme > at ? "" : std::string(text.substr(0, scheme + 3));
  safe += "***";
  safe += text.substr(at);
  return base::printable(safe);
}

base::Result<StoreUrl> refuse(std::string_view text, std::string_view why) {
  std::string message = "store URL \"" + without_secrets(text) + "\": " + std::string(why);
  return base::fail(base::Error(base::ErrorKind::invalid_argument, std::move(message)).about(std::string(kUrlSetting)));
}

bool has_control_bytes(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return true;
  }
  return false;
}

}  // namespace

std::string StoreUrl::host_header() const {
  std::string header = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? kHttpsPort : kHttpPort)) header += ":" + std::to_string(port);
  return header;
}

std::string StoreUrl::text() const { return (tls ? "https://" : "http://") + host_header() + path_prefix; }

base::Result<StoreUrl> parse_store_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
  if (!parsed) return refuse(text, "not an absolute URL; write for example http://prometheus:9090");
  const boost::urls::url_view& url = *parsed;

  StoreUrl store;
  if (url.scheme_id() == boost::urls::scheme::https) {
    store.tls = true;
  } else if (url.scheme_id() != boost::urls::scheme::http) {
    return refuse(text, "the scheme must be http or https; write for example http://prometheus:9090");
  }
  store.host = url.host_address();
  if (store.host.empty() || has_control_bytes(store.host) || store.host.find(' ') != std::string::npos) {
    return refuse(text, "no host; write for example http://prometheus:9090");
  }
  store.port = store.tls ? kHttpsPort : kHttpPort;
  if (url.has_port() && !url.port().empty()) {
    // port_number() of Boost 1.81 wraps around.
    const auto digits = url.port();
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), store.port);
    if (error != std::errc{} || end != digits.data() + digits.size() || store.port == 0) {
      return refuse(text, "the port must be 1 to 65535");
    }
  }
  const std::string path(url.encoded_path());
  // Boost 1.81 takes "http://host:word" for a path without its slash.
  if (!path.empty() && path.front() != '/') return refuse(text, "the port must be 1 to 65535");
  if (url.has_query() || url.has_fragment()) {
    return refuse(text, "it must end with the path; parameters go into " + std::string(kExtraParametersSetting));
  }
  store.path_prefix = path;
  while (!store.path_prefix.empty() && store.path_prefix.back() == '/') store.path_prefix.pop_back();

  store.user = url.user();
  store.password = url.password();
  if (has_control_bytes(store.user) || has_control_bytes(store.password)) {
    return refuse(text, "user and password must not hold control characters");
  }
  if (store.user.find(':') != std::string::npos) return refuse(text, "Basic auth knows no user with a colon");
  return store;
}

}  // namespace spm::prometheus
