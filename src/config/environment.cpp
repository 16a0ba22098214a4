#include "environment.hpp"

#include <algorithm>

#include <spm/base/utf8.hpp>

#include "nearest.hpp"
#include "values.hpp"

namespace spm::config {
namespace {

bool is_protocol_suffix(std::string_view text) {
  const auto matches = [&](std::string_view protocol) {
    return text == protocol || (text.starts_with(protocol) && text[protocol.size()] == '_');
  };
  return matches("TCP") || matches("UDP") || matches("SCTP");
}

/// Names such as PROMETHEUS_SERVICE_HOST, PROMETHEUS_SERVER_SERVICE_PORT_HTTP, PROMETHEUS_PORT_9090_TCP_ADDR.
bool is_from_kubernetes(std::string_view name) {
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_PORT")) return true;
  if (const std::size_t port = name.find("_SERVICE_PORT"); port != std::string_view::npos) {
    const std::string_view rest = name.substr(port + std::string_view("_SERVICE_PORT").size());
    if (rest.empty() || rest.front() == '_') return true;
  }
  constexpr std::string_view kPort = "_PORT_";
  for (std::size_t at = name.find(kPort); at != std::string_view::npos; at = name.find(kPort, at + 1)) {
    std::string_view rest = name.substr(at + kPort.size());
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    rest.remove_prefix(digits);
    if (digits > 0 && rest.starts_with('_') && is_protocol_suffix(rest.substr(1))) return true;
  }
  return false;
}

/// A Service called "prometheus-host" makes PROMETHEUS_HOST_PORT=tcp://10.0.0.1:9090.
bool is_kubernetes_address(std::string_view name, std::string_view value) {
  return name.ends_with("_PORT") &&
         (value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://"));
}

}  // namespace

Layer read_environment(const Environment& environment) {
  Layer layer;
  std::vector<std::string> known;
  for (const Option& option : options()) {
    const std::string* taken = nullptr;
    for (const std::string& name : option.environment) {
      if (name.starts_with("PROMETHEUS_")) known.push_back(name);
      const auto found = environment.find(name);
      if (option.never_empty && found != environment.end() && found->second.empty()) {
        layer.problems.push_back(Problem{"environment variable " + name, kNothingEnforced});
      }
      if (found == environment.end() || found->second.empty() || is_kubernetes_address(name, found->second)) continue;
      if (taken != nullptr) {
        if (environment.find(*taken)->second != found->second) {
          layer.warnings.push_back(name + " is ignored, " + *taken + " says the same thing and is set too");
        }
        continue;
      }
      taken = &name;
      std::vector<std::string> values = split_values(option, found->second);
      if (values.empty()) continue;  // only separators
      layer.given.push_back(
          Given{&option, std::move(values), Source{SourceKind::environment, name}, "environment variable " + name});
    }
  }
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("PROMETHEUS_") || value.empty() || is_from_kubernetes(name)) continue;
    if (std::ranges::find(known, name) != known.end()) continue;
    const std::string near = nearest(name, known);
    layer.warnings.push_back("environment variable " + base::printable(name) + " is not known and is ignored" +
                             (near.empty() ? std::string() : ": did you mean " + near + "?"));
  }
  return layer;
}

}  // namespace spm::config
