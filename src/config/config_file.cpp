#include "config_file.hpp"

#include "values.hpp"

namespace spm::config {
namespace {

constexpr std::size_t kMaxListItems = 1'000;

base::Result<std::string> joined_pair(const Option& option, const YAML::Node& key, const YAML::Node& value,
                                      const Expand& expand) {
  if (!key.IsScalar() || !(value.IsScalar() || value.IsNull())) {
    return refuse("expects names with one value each, found " + std::string(kind_of(value)) + " inside");
  }
  if (key.Scalar().find(option.map_separator) != std::string::npos) {
    return refuse("has a name with '" + std::string(1, option.map_separator) + "' in it: remove it");
  }
  auto text = expand(value.IsNull() ? std::string() : value.Scalar());
  if (!text) return text;
  return key.Scalar() + option.map_separator + *text;
}

base::Result<void> append_pairs(const Option& option, const YAML::Node& map, const Expand& expand,
                                std::vector<std::string>& out) {
  for (const auto& entry : map) {
    if (out.size() >= kMaxListItems) return refuse("has more than 1000 items: shorten it");
    auto pair = joined_pair(option, entry.first, entry.second, expand);
    if (!pair) return base::fail(std::move(pair).error());
    out.push_back(std::move(*pair));
  }
  return {};
}

base::Result<void> append_item(const Option& option, const YAML::Node& item, const Expand& expand,
                               std::vector<std::string>& out) {
  if (item.IsMap() && option.map_value) return append_pairs(option, item, expand, out);
  if (!item.IsScalar()) return refuse("expects plain values in its list, found " + std::string(kind_of(item)));
  if (out.size() >= kMaxListItems) return refuse("has more than 1000 items: shorten it");
  auto text = expand(item.Scalar());
  if (!text) return base::fail(std::move(text).error());
  out.push_back(std::move(*text));
  return {};
}

}  // namespace

std::string place_of(const std::string& name, const YAML::Node& node) {
  return name + ":" + std::to_string(line_of(node));
}

base::Result<std::vector<std::string>> values_of(const Option& option, const YAML::Node& node, const Expand& expand) {
  const bool list = option.shape != Shape::flag && option.shape != Shape::scalar;
  if (node.IsScalar()) {
    auto text = expand(node.Scalar());
    if (!text) return base::fail(std::move(text).error());
    return split_values(option, *text);
  }
  std::vector<std::string> values;
  if (node.IsSequence() && list) {
    for (const YAML::Node& item : node) {
      if (auto added = append_item(option, item, expand, values); !added) return base::fail(std::move(added).error());
    }
    return values;
  }
  if (node.IsMap() && option.map_value) {
    if (auto added = append_pairs(option, node, expand, values); !added) return base::fail(std::move(added).error());
    return values;
  }
  return refuse("expects " + std::string(list ? "a list" : "one value") + " (" + option.value_name + "), found " +
                std::string(kind_of(node)));
}

Layer read_config_text(std::string_view text, const std::string& name, const Environment& environment) {
  Layer layer;
  const auto root = parse_yaml(text);
  if (!root) {
    layer.problems.push_back(Problem{"--config-file " + name, root.error().message});
    return layer;
  }
  try {
    if (root->IsNull()) return layer;
    if (!root->IsMap()) {
      layer.problems.push_back(Problem{place_of(name, *root), "expects settings by name, found " +
                                                                  std::string(kind_of(*root)) +
                                                                  ": write for example http: {host-port: \":16690\"}"});
      return layer;
    }
    bool jaeger = false;
    for (const auto& entry : *root) {
      jaeger = jaeger ||
               (entry.first.IsScalar() && (entry.first.Scalar() == "extensions" || entry.first.Scalar() == "service"));
    }
    if (jaeger) {
      read_jaeger_file(*root, name, environment, layer);
    } else {
      read_own_file(*root, name, layer);
    }
  } catch (const std::exception&) {
    layer.problems.push_back(Problem{"--config-file " + name, "holds YAML that cannot be read: write plain settings"});
  }
  return layer;
}

}  // namespace spm::config
