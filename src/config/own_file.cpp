#include <algorithm>
#include <map>

#include <spm/base/utf8.hpp>

#include "config_file.hpp"
#include "values.hpp"

namespace spm::config {
namespace {

/// Longer than any path of a setting: what is deeper is unknown anyway, and an alias loop must end.
constexpr std::size_t kMaxPathBytes = 200;
constexpr std::size_t kMaxProblems = 20;

class OwnFile {
 public:
  OwnFile(const std::string& name, Layer& layer) : name_(name), layer_(layer) {}

  void read(const YAML::Node& root) {
    walk(root, "");
    if (ignored_.empty()) return;
    layer_.warnings.push_back(name_ + ": settings of Jaeger that mean nothing here are ignored: " + ignored_);
  }

 private:
  void walk(const YAML::Node& map, const std::string& prefix) {
    for (const auto& entry : map) {
      if (layer_.problems.size() >= kMaxProblems) return;
      if (!entry.first.IsScalar()) {
        problem(entry.first, prefix, "has a key that is " + std::string(kind_of(entry.first)) + ": write a name");
        continue;
      }
      std::string path = prefix + entry.first.Scalar().substr(0, kMaxPathBytes);
      std::ranges::replace(path, '_', '-');
      visit(path, entry.first, entry.second);
    }
  }

  void visit(const std::string& path, const YAML::Node& key, const YAML::Node& value) {
    const bool inner = path.size() < kMaxPathBytes && leads_to_option(path + ".");
    const Option* option = find_option(path);
    // `schema` is a setting, and the beginning of others.
    if (option != nullptr && !(inner && value.IsMap())) return take(*option, path, key, value);
    if (inner && value.IsMap()) return walk(value, path + ".");
    if (inner && value.IsNull()) return;
    if (is_foreign_jaeger_flag(path)) {
      ignored_.append(ignored_.empty() ? "" : ", ").append(base::printable(path));
    } else if (inner) {
      problem(key, path, "expects settings below it, found " + std::string(kind_of(value)));
    } else {
      problem(key, path, "is not a setting: " + instead_of_unknown(path, ""));
    }
  }

  void take(const Option& option, const std::string& path, const YAML::Node& key, const YAML::Node& value) {
    if (option.name == "config-file") return problem(key, path, "cannot stand in the file itself: remove it");
    if (const auto [first, fresh] = seen_.emplace(option.name, line_of(key)); !fresh) {
      return problem(key, path, "is set twice, first in line " + std::to_string(first->second) + ": keep one");
    }
    if (value.IsNull() && option.never_empty) return problem(key, path, kNothingEnforced);
    if (value.IsNull()) return;  // a name without a value sets nothing
    auto values = values_of(option, value, [](const std::string& text) { return base::Result<std::string>(text); });
    if (!values) return problem(key, path, values.error().message);
    const std::string place = place_of(name_, key);
    layer_.given.push_back(Given{&option, std::move(*values), Source{SourceKind::file, place}, place + ": " + path});
  }

  void problem(const YAML::Node& at, const std::string& path, std::string message) {
    layer_.problems.push_back(Problem{place_of(name_, at) + ": " + base::printable(path), std::move(message)});
  }

  static bool leads_to_option(std::string_view prefix) {
    return std::ranges::any_of(options(), [&](const Option& option) {
      return option.name.starts_with(prefix) ||
             std::ranges::any_of(option.aliases, [&](const std::string& alias) { return alias.starts_with(prefix); });
    });
  }

  const std::string& name_;
  Layer& layer_;
  std::map<std::string, int> seen_;  ///< option name to line
  std::string ignored_;
};

}  // namespace

void read_own_file(const YAML::Node& root, const std::string& name, Layer& layer) { OwnFile(name, layer).read(root); }

}  // namespace spm::config
