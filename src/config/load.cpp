#include <algorithm>

#include <spm/config/load.hpp>

#include "config_file.hpp"
#include "environment.hpp"
#include "validate.hpp"
#include "values.hpp"

namespace spm::config {
namespace {

constexpr std::string_view kServerUrl = "prometheus.server-url";
constexpr std::string_view kStoreHostPort = "prometheus.host-port";

void append(Loaded& loaded, const Layer& layer) {
  loaded.warnings.insert(loaded.warnings.end(), layer.warnings.begin(), layer.warnings.end());
  loaded.problems.insert(loaded.problems.end(), layer.problems.begin(), layer.problems.end());
}

Layer read_flags(const std::vector<FlagValue>& flags) {
  Layer layer;
  for (const FlagValue& flag : flags) {
    const Option* option = find_option(flag.name);
    if (option == nullptr) {
      layer.problems.push_back(Problem{"--" + flag.name, "is not a flag: " + instead_of_unknown(flag.name, "--")});
      continue;
    }
    std::vector<std::string> values = split_values(*option, flag.value);
    const auto earlier = std::ranges::find(layer.given, option, &Given::option);
    if (earlier == layer.given.end()) {
      layer.given.push_back(
          Given{option, std::move(values), Source{SourceKind::flag, "--" + flag.name}, "--" + flag.name});
    } else if (option->shape == Shape::flag || option->shape == Shape::scalar) {
      *earlier = Given{option, std::move(values), Source{SourceKind::flag, "--" + flag.name}, "--" + flag.name};
    } else {
      earlier->values.insert(earlier->values.end(), values.begin(), values.end());
    }
  }
  return layer;
}

/// What wins for each option, from the weakest source to the strongest.
using Winners = std::map<std::string, Given, std::less<>>;

void take(Winners& winners, const Layer& layer) {
  for (const Given& given : layer.given) winners.insert_or_assign(given.option->name, given);
}

void apply(Loaded& loaded, const Given& given) {
  const Option& option = *given.option;
  if (option.never_empty && (given.values.empty() || given.values.back().empty())) {
    loaded.problems.push_back(Problem{given.setting, kNothingEnforced});
    return;
  }
  if (auto applied = option.apply(loaded.settings, given.values); !applied) {
    loaded.problems.push_back(Problem{given.setting, applied.error().message});
  }
  loaded.sources.insert_or_assign(option.name, given.source);
}

/// The older name counts only where nothing has the newer one.
void settle_store_address(Winners& winners, Loaded& loaded) {
  const auto older = winners.find(kStoreHostPort);
  if (older == winners.end()) return;
  if (winners.contains(kServerUrl)) {
    loaded.warnings.push_back(older->second.setting + ": is ignored, the store's URL is set by " +
                              winners.find(kServerUrl)->second.setting);
    winners.erase(older);
  }
}

Layer read_file(const std::string& path, const std::string& setting, const Environment& environment,
                const Files& files) {
  const auto text = files.read(path, kMaxConfigFileBytes);
  if (text) return read_config_text(*text, path, environment);
  Layer layer;
  layer.problems.push_back(Problem{setting, text.error().message});
  return layer;
}

}  // namespace

std::string Source::text() const {
  switch (kind) {
    case SourceKind::default_value:
      return "default";
    case SourceKind::file:
      return "file " + where;
    case SourceKind::environment:
      return "environment " + where;
    case SourceKind::flag:
      return "flag " + where;
  }
  return "default";
}

Loaded load(const std::vector<FlagValue>& flags, const Environment& environment, const Files& files) {
  Loaded loaded;
  const Layer from_flags = read_flags(flags);
  const Layer from_environment = read_environment(environment);
  append(loaded, from_flags);
  append(loaded, from_environment);

  Winners winners;
  Winners above_file;
  take(above_file, from_environment);
  take(above_file, from_flags);
  Layer from_file;
  if (const auto file = above_file.find("config-file");
      file != above_file.end() && !file->second.values.back().empty()) {
    from_file = read_file(file->second.values.back(), file->second.setting, environment, files);
    append(loaded, from_file);
  }
  take(winners, from_file);
  for (const auto& [name, given] : above_file) winners.insert_or_assign(name, given);

  settle_store_address(winners, loaded);
  // In the table's order, so that problems come in the order of the docs.
  for (const Option& option : options()) {
    if (const auto winner = winners.find(option.name); winner != winners.end()) apply(loaded, winner->second);
  }
  if (const auto older = loaded.sources.find(kStoreHostPort); older != loaded.sources.end()) {
    loaded.sources.insert_or_assign(std::string(kServerUrl), older->second);
  }
  const bool store_needed = loaded.settings.store.storage != MetricsStorage::none;
  if (store_needed && !loaded.sources.contains(kServerUrl)) {
    loaded.problems.insert(loaded.problems.end(), from_file.problems_without_store.begin(),
                           from_file.problems_without_store.end());
  }
  validate(loaded, files);
  return loaded;
}

}  // namespace spm::config
