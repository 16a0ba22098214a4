#pragma once

#include <string>
#include <string_view>

#include <yaml-cpp/yaml.h>

#include <spm/base/result.hpp>

namespace spm::config {

inline constexpr std::size_t kMaxConfigFileBytes = std::size_t{256} << 10U;

/// Reads one YAML document. Nothing that yaml-cpp throws leaves. The error's message has the line. An empty file is a
/// null node. Aliases are shared, not copied, so that a small file cannot grow; whoever walks the tree must bound his
/// steps, for an alias can also point at what holds it.
base::Result<YAML::Node> parse_yaml(std::string_view text);

/// 1-based line of a node.
int line_of(const YAML::Node& node);

/// "a list", "a map", "a value", "nothing": for messages.
std::string_view kind_of(const YAML::Node& node);

}  // namespace spm::config
