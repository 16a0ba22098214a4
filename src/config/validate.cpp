#include "validate.hpp"

#include <algorithm>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "values.hpp"

namespace spm::config {
namespace {

bool is_any(std::string_view host) { return host.empty() || host == "0.0.0.0" || host == "::"; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") || host == "::1" || host.starts_with("127.") ||
         host.starts_with("::ffff:127.");
}

/// Whether something sent to `host` can arrive at a listener on `listener`.
bool reaches(std::string_view host, std::string_view listener) {
  const std::string to = lower(host);
  const std::string at = lower(listener);
  if (to == at) return true;
  const bool to_self = is_loopback(to) || is_any(to);
  if (is_any(at)) return to_self;
  return to_self && is_loopback(at);
}

/// Whether two listeners cannot both open.
bool clash(const HostPort& a, const HostPort& b) {
  if (a.port == 0 || a.port != b.port) return false;
  return is_any(a.host) || is_any(b.host) || lower(a.host) == lower(b.host) ||
         (is_loopback(lower(a.host)) && is_loopback(lower(b.host)));
}

class Validator {
 public:
  Validator(Loaded& loaded, const Files& files) : loaded_(loaded), settings_(loaded.settings), files_(files) {}

  void run() {
    check_listeners();
    if (!settings_.templates_dir.empty()) {
      report("templates.dir", files_.check_directory(settings_.templates_dir));
    }
    if (settings_.store.storage == MetricsStorage::none) return;
    check_schema();
    check_prometheus_door();
    check_files();
    check_tls();
    check_authorization();
    check_store_is_not_us();
  }

 private:
  struct Listener {
    const char* option;
    const HostPort& address;
  };

  void problem(const std::string& option, std::string message) {
    loaded_.problems.push_back(Problem{setting_text(loaded_, option), std::move(message)});
  }

  void report(const std::string& option, const base::Result<void>& checked) {
    if (!checked) problem(option, checked.error().message);
  }

  std::vector<Listener> listeners() const {
    return {{"http.host-port", settings_.http.listen},
            {"grpc.host-port", settings_.grpc.listen},
            {"admin.host-port", settings_.admin_listen}};
  }

  void check_listeners() {
    const std::vector<Listener> all = listeners();
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = i + 1; j < all.size(); ++j) {
        if (!clash(all[i].address, all[j].address)) continue;
        problem(all[j].option, in_quotes(all[j].address.text()) + " is the port that --" + all[i].option +
                                   " has too (" + all[i].address.text() + "): write another port");
      }
    }
  }

  /// A schema is named or written out; written out, it needs what nothing else could tell.
  void check_schema() {
    const SchemaSettings& schema = settings_.schema;
    const bool written = !schema.calls.empty() || !schema.histogram.empty();
    std::string label;
    if (!schema.error_values.empty()) label = "schema.error-values";
    if (!schema.status_label.empty()) label = "schema.status-label";
    if (!schema.kind_label.empty()) label = "schema.kind-label";
    if (!schema.operation_label.empty()) label = "schema.operation-label";
    if (!schema.service_label.empty()) label = "schema.service-label";
    if (!schema.name.empty() && (written || !label.empty())) {
      problem("schema", "names a schema while schema.* writes one out: keep one of them");
    } else if (!label.empty() && !written) {
      problem(label, "is part of a schema without its metrics: write schema.calls or schema.histogram too");
    }
  }

  void check_prometheus_door() {
    if (settings_.prometheus_door.other_queries == OtherQueries::forward && !settings_.query.matchers.empty()) {
      problem("prometheus-door.other-queries",
              "forward would send queries without the matchers of --query.matchers: write refuse");
    }
  }

  void check_file(const std::string& option, const std::string& path) {
    if (!path.empty()) report(option, files_.check_readable(path));
  }

  void check_files() {
    const StoreSettings& store = settings_.store;
    check_file("prometheus.token-file", store.token_file);
    check_file("prometheus.tls.ca", store.tls.ca_file);
    check_file("prometheus.tls.cert", store.tls.cert_file);
    check_file("prometheus.tls.key", store.tls.key_file);
    if (store.basic_auth_file.empty()) return;
    const auto content = files_.read(store.basic_auth_file, 4'096);
    if (!content) return problem("store.basic-auth-file", content.error().message);
    const std::string_view line = std::string_view(*content).substr(0, content->find('\n'));
    if (line.find(':') == std::string_view::npos || line.starts_with(':')) {
      problem("store.basic-auth-file",
              in_quotes(store.basic_auth_file) + " does not hold user:password in its first line: write them so");
    }
  }

  void check_tls() {
    const StoreTlsSettings& tls = settings_.store.tls;
    if (!tls.cert_file.empty() && tls.key_file.empty()) {
      problem("prometheus.tls.cert", "a certificate without its key: write --prometheus.tls.key too");
    }
    if (tls.cert_file.empty() && !tls.key_file.empty()) {
      problem("prometheus.tls.key", "a key without its certificate: write --prometheus.tls.cert too");
    }
    const bool https = lower(settings_.store.server_url).starts_with("https://");
    if (!https && tls.enabled) {
      loaded_.warnings.push_back(setting_text(loaded_, "prometheus.tls.enabled") +
                                 ": TLS is not used, for the store's URL begins with http://: write https:// there");
    }
    if (https && tls.skip_host_verify) {
      loaded_.warnings.push_back(setting_text(loaded_, "prometheus.tls.skip-host-verify") +
                                 ": the store's certificate is not verified: whoever is on the way can read and change "
                                 "what is sent; write --prometheus.tls.ca instead");
    }
  }

  /// There is one Authorization header; two settings that both write it contradict each other.
  void check_authorization() {
    const StoreSettings& store = settings_.store;
    std::vector<std::string> writers;
    if (!store.token_file.empty()) writers.emplace_back("prometheus.token-file");
    if (!store.basic_auth_file.empty()) writers.emplace_back("store.basic-auth-file");
    const auto writes_it = [](const Header& header) { return lower(header.name) == "authorization"; };
    if (std::ranges::any_of(store.headers, writes_it)) writers.emplace_back("store.header");
    const auto url = boost::urls::parse_uri(store.server_url);
    if (url && url->has_userinfo()) writers.emplace_back("prometheus.server-url");
    if (writers.size() < 2) return;
    problem(writers[1], "writes the Authorization header that --" + writers[0] + " writes too: keep one of them");
  }

  void check_store_is_not_us() {
    const auto url = boost::urls::parse_uri(settings_.store.server_url);
    if (!url) return;
    const std::string host =
        url->host_name().empty() ? std::string(url->host_address()) : std::string(url->host_name());
    const bool https = lower(settings_.store.server_url).starts_with("https://");
    const unsigned port = url->has_port() && !url->port().empty() ? url->port_number() : (https ? 443U : 80U);
    for (const Listener& listener : listeners()) {
      if (listener.address.port != port || !reaches(host, listener.address.host)) continue;
      return problem("prometheus.server-url", in_quotes(redact_url(settings_.store.server_url)) +
                                                  " is this service itself (--" + listener.option + " is " +
                                                  listener.address.text() + "): write the URL of the real Prometheus");
    }
  }

  Loaded& loaded_;
  const Settings& settings_;
  const Files& files_;
};

}  // namespace

std::string setting_text(const Loaded& loaded, const std::string& option_name) {
  const auto found = loaded.sources.find(option_name);
  if (found == loaded.sources.end()) return option_name + " (default)";
  switch (found->second.kind) {
    case SourceKind::flag:
      return found->second.where;
    case SourceKind::environment:
      return "environment variable " + found->second.where;
    case SourceKind::file:
      return found->second.where + ": " + option_name;
    case SourceKind::default_value:
      break;
  }
  return option_name + " (default)";
}

void validate(Loaded& loaded, const Files& files) { Validator(loaded, files).run(); }

}  // namespace spm::config
