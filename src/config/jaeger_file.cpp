#include <array>

#include <spm/base/utf8.hpp>

#include "config_file.hpp"
#include "environment_expansion.hpp"
#include "nearest.hpp"
#include "values.hpp"

namespace spm::config {
namespace {

struct Key {
  std::string_view jaeger;
  std::string_view option;
};

constexpr std::array kBackendKeys = {
    Key{"endpoint", "prometheus.server-url"},
    Key{"connect_timeout", "prometheus.connect-timeout"},
    Key{"token_file_path", "prometheus.token-file"},
    Key{"token_override_from_context", "prometheus.token-override-from-context"},
    Key{"metric_namespace", "prometheus.query.namespace"},
    Key{"latency_unit", "prometheus.query.duration-unit"},
    Key{"normalize_calls", "prometheus.query.normalize-calls"},
    Key{"normalize_duration", "prometheus.query.normalize-duration"},
    Key{"extra_query_parameters", "prometheus.query.extra-query-params"},
};
constexpr std::array kTlsKeys = {
    Key{"ca_file", "prometheus.tls.ca"},
    Key{"cert_file", "prometheus.tls.cert"},
    Key{"key_file", "prometheus.tls.key"},
    Key{"server_name_override", "prometheus.tls.server-name"},
    Key{"insecure_skip_verify", "prometheus.tls.skip-host-verify"},
};
constexpr std::array kQueryKeys = {
    Key{"base_path", "query.base-path"},
    Key{"bearer_token_propagation", "query.bearer-token-propagation"},
};
constexpr std::array kTenancyKeys = {
    Key{"enabled", "multi-tenancy.enabled"},
    Key{"header", "multi-tenancy.header"},
    Key{"tenants", "multi-tenancy.tenants"},
};

/// The value of `key`, looked for through YAML's merge key too, as Jaeger's reader does. Undefined when it is not
/// there.
YAML::Node child(const YAML::Node& map, std::string_view key, int depth = 0) {
  if (!map.IsMap() || depth > 8) return YAML::Node(YAML::NodeType::Undefined);
  YAML::Node merged(YAML::NodeType::Undefined);
  for (const auto& entry : map) {
    if (!entry.first.IsScalar()) continue;
    if (entry.first.Scalar() == key) return entry.second;
    if (entry.first.Scalar() != "<<") continue;
    if (entry.second.IsMap()) merged.reset(child(entry.second, key, depth + 1));
    if (entry.second.IsSequence() && entry.second.size() > 0) merged.reset(child(entry.second[0], key, depth + 1));
  }
  return merged;
}

/// A component, which Jaeger lets be called "jaeger_query" or "jaeger_query/some_name".
YAML::Node component(const YAML::Node& extensions, const std::string& type) {
  if (YAML::Node exact = child(extensions, type); exact.IsDefined()) return exact;
  for (const auto& entry : extensions) {
    if (entry.first.IsScalar() && entry.first.Scalar().starts_with(type + "/")) return entry.second;
  }
  return YAML::Node(YAML::NodeType::Undefined);
}

class JaegerFile {
 public:
  JaegerFile(const std::string& name, const Environment& environment, Layer& layer)
      : name_(name),
        environment_(environment),
        layer_(layer) {}

  void read(const YAML::Node& root) {
    const YAML::Node extensions = child(root, "extensions");
    if (!extensions.IsMap()) return no_store("has no extensions.jaeger_storage.metric_backends");
    const YAML::Node query = component(extensions, "jaeger_query");
    read_query(query);
    read_storage(component(extensions, "jaeger_storage"), query);
    for (const std::string& variable : missing_) {
      std::string warning = name_ + ": environment variable ";
      warning.append(variable).append(" is not set: ${env:").append(variable).append("} stands for nothing");
      layer_.warnings.push_back(std::move(warning));
    }
  }

 private:
  void read_query(const YAML::Node& query) {
    if (!query.IsMap()) return;
    const std::string path = "extensions.jaeger_query.";
    for (const Key& key : kQueryKeys) take(child(query, key.jaeger), path, key);
    const YAML::Node tenancy = child(query, "multi_tenancy");
    if (tenancy.IsMap()) {
      for (const Key& key : kTenancyKeys) take(child(tenancy, key.jaeger), path + "multi_tenancy.", key);
    }
    const YAML::Node forwarding = child(query, "header_forwarding");
    if (forwards(forwarding)) {
      problem(forwarding, path + "header_forwarding",
              "is not supported by this release: remove it or set enabled to false, and write headers for the store "
              "with --store.header");
    }
  }

  /// Whether it asks for anything: a list or map that is not empty and not switched off.
  bool forwards(const YAML::Node& forwarding) {
    if (!forwarding.IsDefined() || forwarding.IsNull()) return false;
    if (forwarding.IsScalar()) return !is_off(forwarding);
    const YAML::Node enabled = child(forwarding, "enabled");
    if (enabled.IsDefined()) return !is_off(enabled);
    return forwarding.size() > 0;
  }

  bool is_off(const YAML::Node& node) {
    if (node.IsNull()) return true;
    if (!node.IsScalar()) return false;
    const auto text = expand(node.Scalar());
    if (!text) return false;
    const auto value = parse_bool(*text);
    return text->empty() || (value && !*value);
  }

  void read_storage(const YAML::Node& storage, const YAML::Node& query) {
    const YAML::Node backends = child(storage, "metric_backends");
    if (!backends.IsMap() || backends.size() == 0) return no_store("has no extensions.jaeger_storage.metric_backends");
    const YAML::Node wanted = child(child(query, "storage"), "metrics");
    if (!wanted.IsDefined() || wanted.IsNull()) {
      if (backends.size() > 1) {
        return problem(backends, "extensions.jaeger_storage.metric_backends",
                       "has several and extensions.jaeger_query.storage.metrics names none: write there which counts");
      }
      const auto only = *backends.begin();
      if (only.first.IsScalar()) read_backend(only.first.Scalar(), only.second);
      return;
    }
    const auto wanted_name = wanted.IsScalar() ? expand(wanted.Scalar()) : refuse("expects a name");
    if (!wanted_name) return problem(wanted, "extensions.jaeger_query.storage.metrics", wanted_name.error().message);
    const YAML::Node backend = child(backends, *wanted_name);
    if (!backend.IsDefined()) {
      return problem(
          wanted, "extensions.jaeger_query.storage.metrics",
          in_quotes(*wanted_name) + " is none of extensions.jaeger_storage.metric_backends: write one of them");
    }
    read_backend(*wanted_name, backend);
  }

  void read_backend(const std::string& backend_name, const YAML::Node& backend) {
    const std::string path = "extensions.jaeger_storage.metric_backends." + base::printable(backend_name);
    const YAML::Node prometheus = child(backend, "prometheus");
    if (!prometheus.IsDefined() || !(prometheus.IsMap() || prometheus.IsNull())) {
      return problem(backend, path,
                     "is not a prometheus backend, which is the only kind that this service reads: name one that is in "
                     "extensions.jaeger_query.storage.metrics, or set --prometheus.server-url without this file");
    }
    read_prometheus(path + ".prometheus.", prometheus);
  }

  void read_prometheus(const std::string& path, const YAML::Node& prometheus) {
    for (const Key& key : kBackendKeys) take(child(prometheus, key.jaeger), path, key);
    const YAML::Node tls = child(prometheus, "tls");
    for (const Key& key : kTlsKeys) take(child(tls, key.jaeger), path + "tls.", key);
    take_insecure(path, child(tls, "insecure"));

    const YAML::Node auth = child(prometheus, "auth");
    if (auth.IsDefined() && !auth.IsNull()) {
      problem(auth, path + "auth",
              "authenticators of the collector do not run here: remove it, and use token_file_path, user and password "
              "in the endpoint, --store.basic-auth-file or --store.header");
    }
    warn_unread(prometheus, path, kBackendKeys, {"tls", "auth", "<<"});
    warn_unread(tls, path + "tls.", kTlsKeys, {"insecure", "<<"});

    // Jaeger v2 does not let a caller's token replace the file's unless it is told to.
    const YAML::Node override_token = child(prometheus, "token_override_from_context");
    if (!override_token.IsDefined() || override_token.IsNull()) {
      const Option* option = find_option("prometheus.token-override-from-context");
      const std::string place = name_ + " (default of Jaeger v2)";
      layer_.given.push_back(Given{option, {"false"}, Source{SourceKind::file, place}, place + ": " + option->name});
    }
  }

  void take_insecure(const std::string& path, const YAML::Node& insecure) {
    // false is the collector's default and says nothing; true says "no TLS".
    if (!insecure.IsDefined() || insecure.IsNull() || is_off(insecure)) return;
    take(insecure, path + "tls.", Key{"insecure", "prometheus.tls.enabled"});
    if (layer_.given.empty() || layer_.given.back().option->name != "prometheus.tls.enabled") return;
    std::string& text = layer_.given.back().values.back();
    if (const auto value = parse_bool(text)) text = *value ? "false" : "true";
  }

  template <std::size_t N>
  void warn_unread(const YAML::Node& map, const std::string& path, const std::array<Key, N>& keys,
                   std::vector<std::string> others) {
    if (!map.IsMap()) return;
    for (const Key& key : keys) others.emplace_back(key.jaeger);
    for (const auto& entry : map) {
      if (layer_.warnings.size() >= 20) return;
      if (!entry.first.IsScalar()) continue;
      const std::string& key = entry.first.Scalar();
      if (std::find(others.begin(), others.end(), key) != others.end()) continue;
      const std::string near = nearest(key, others);
      layer_.warnings.push_back(place_of(name_, entry.first) + ": " + path + base::printable(key) +
                                " is not read by this service" +
                                (near.empty() ? std::string() : "; the nearest that is: " + near));
    }
  }

  void take(const YAML::Node& node, const std::string& path, const Key& key) {
    if (!node.IsDefined() || node.IsNull()) return;
    const Option& option = *find_option(key.option);
    const std::string setting = path + std::string(key.jaeger);
    if (option.support == Support::companion) return;  // a list in Jaeger's file; without effect whatever it holds
    auto values = values_of(option, node, [this](const std::string& text) { return expand(text); });
    if (!values) return problem(node, setting, values.error().message);
    // A reference to a variable that is not set, or empty, leaves the setting alone. An empty text that stands in the
    // file itself is meant.
    const bool reference = node.IsScalar() && node.Scalar().find("${") != std::string::npos;
    if (reference && values->size() <= 1 && (values->empty() || values->front().empty())) return;
    const std::string place = place_of(name_, node);
    layer_.given.push_back(Given{&option, std::move(*values), Source{SourceKind::file, place}, place + ": " + setting});
  }

  base::Result<std::string> expand(const std::string& text) { return expand_environment(text, environment_, missing_); }

  void problem(const YAML::Node& at, const std::string& path, std::string message) {
    layer_.problems.push_back(Problem{place_of(name_, at) + ": " + path, std::move(message)});
  }

  void no_store(const std::string& what) {
    layer_.problems_without_store.push_back(
        Problem{"--config-file " + name_, "is a Jaeger configuration that " + what +
                                              ": add a prometheus backend, or write the store into "
                                              "--prometheus.server-url"});
  }

  const std::string& name_;
  const Environment& environment_;
  Layer& layer_;
  std::vector<std::string> missing_;
};

}  // namespace

void read_jaeger_file(const YAML::Node& root, const std::string& name, const Environment& environment, Layer& layer) {
  JaegerFile(name, environment, layer).read(root);
}

}  // namespace spm::config
