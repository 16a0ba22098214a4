#pragma once

#include <string>
#include <string_view>

#include "layer.hpp"
#include "yaml_document.hpp"

namespace spm::config {

/// Reads a configuration file's text: ours, or a Jaeger v2 one (recognised by `extensions` or `service` at its root).
/// `name` stands in messages. `environment` is for Jaeger's ${env:X}.
Layer read_config_text(std::string_view text, const std::string& name, const Environment& environment);

/// A file of our own: nested keys that follow the flag names.
void read_own_file(const YAML::Node& root, const std::string& name, Layer& layer);

/// A Jaeger v2 file: its Prometheus metrics backend and what jaeger_query says about requests.
void read_jaeger_file(const YAML::Node& root, const std::string& name, const Environment& environment, Layer& layer);

/// "name:line".
std::string place_of(const std::string& name, const YAML::Node& node);

/// Reads a node that stands for `option`: a scalar, a list or a map, as the option's shape allows. `expand` turns
/// each text into the one that counts.
using Expand = std::function<base::Result<std::string>(const std::string&)>;
base::Result<std::vector<std::string>> values_of(const Option& option, const YAML::Node& node, const Expand& expand);

}  // namespace spm::config
