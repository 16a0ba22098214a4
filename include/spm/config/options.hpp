#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/config/settings.hpp>

namespace spm::config {

/// How one setting's text is cut into values.
enum class Shape : std::uint8_t {
  flag,             ///< one boolean; a flag without a value means true
  scalar,           ///< one value; a repeated flag: the last one counts
  comma_list,       ///< values separated by commas; repeated flags add up
  line_list,        ///< one value a flag or line; commas belong to the value
  line_comma_list,  ///< as line_list, and ",Name:" begins another value, as Jaeger's flags have it
};

/// Whether this release acts on a setting.
enum class Support : std::uint8_t {
  supported,
  only_off,   ///< a switch of Jaeger's that may be off; on stops the start with a sentence
  companion,  ///< means something only beside a switch that is only_off; accepted in silence
};

/// One setting: its names in every source, its type and its meaning. Flags, environment, files, help, print-config and
/// docs/configuration.md are all made from the one table of these.
struct Option {
  std::string name;                      ///< flag without "--", and path in the configuration file
  std::vector<std::string> aliases;      ///< other flag names and file paths
  std::vector<std::string> environment;  ///< of name, then of the aliases; each once
  std::string jaeger_v2;                 ///< key in a Jaeger v2 file, as the docs show it; empty: not read from there
  std::string section;
  std::string value_name;  ///< "URL", "DURATION": what help shows behind the flag
  std::string help;        ///< one line
  Shape shape = Shape::scalar;
  Support support = Support::supported;
  bool secret = false;       ///< no part of the value may be shown
  bool never_empty = false;  ///< given and empty is a mistake: nothing would be enforced
  bool url = false;          ///< the value may be shown through redact_url()
  bool map_value = false;    ///< the file may write it as a map
  char map_separator = 0;    ///< joins a map's key and value: ':' or '='

  /// Reads the values into their place. The error's message goes on after "<setting>: "; it never holds a secret.
  std::function<base::Result<void>(Settings&, const std::vector<std::string>&)> apply;
  /// The value as text, secrets replaced; nothing when it is not set.
  std::function<std::optional<std::string>(const Settings&)> show;

  std::string default_text() const;  ///< as the docs show it; "" when not set
};

/// The whole table, in the order of the docs.
std::span<const Option> options();

/// By flag name or alias, without "--".
const Option* find_option(std::string_view name);

/// "PROMETHEUS_SERVER_URL" from "prometheus.server-url".
std::string environment_name(std::string_view flag_name);

/// Cuts a flag's, a variable's or a file's text into the values that Option::apply takes.
std::vector<std::string> split_values(const Option& option, std::string_view text);

/// Whether Jaeger has a flag (or, in its own v1 file, a key) of this name that means nothing here: span storage,
/// collector, agent, sampling, UI.
bool is_foreign_jaeger_flag(std::string_view name);

/// What to do about the unknown setting `name`: "write --threads, or remove it" with the name, canonical or alias, that
/// is near it; where none is, where to find them all. `dashes`: what stands before a name in that source.
std::string instead_of_unknown(std::string_view name, std::string_view dashes);

}  // namespace spm::config
