#include "arguments.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <spm/base/build_info.hpp>
#include <spm/base/utf8.hpp>
#include <spm/config/options.hpp>

namespace spm::cli {
namespace {

constexpr std::string_view kHelpFlag = "help";
constexpr std::string_view kVersionFlag = "version";
/// Stands for the empty value of "--flag=": CLI11 2.1 would take the next argument instead.
constexpr std::string_view kEmptyValue = "\x01";

constexpr std::array<std::string_view, 6> kCommands = {"serve",        "doctor",  "check-config",
                                                       "print-config", "version", "help"};

constexpr std::string_view kFooter =
    "Commands (one word, anywhere; none: serve):\n"
    "  serve          answer requests until SIGTERM\n"
    "  doctor         ask the store for span metrics and say what is missing; exits 0 or 1\n"
    "  check-config   say whether the settings would do; exits 0 or 1\n"
    "  print-config   show every setting, its value and its source, without secrets\n"
    "  version, help\n\n"
    "Every flag is also an environment variable (--prometheus.server-url: PROMETHEUS_SERVER_URL) and a path in the\n"
    "file (prometheus: {server-url: ...}). Flags win over the environment, that over the file.";

/// "help text (default 30s)".
std::string described(const config::Option& option) {
  const std::string initial = option.default_text();
  return initial.empty() ? option.help : option.help + " (default " + initial + ")";
}

/// A CLI11 application made from the option table.
class Parser {
 public:
  Parser() : app_("Answers Jaeger's metrics queries from Prometheus.", std::string(base::kProgramName)) {
    app_.footer(std::string(kFooter));
    app_.set_help_flag("");
    app_.allow_extras();
    add_switch("-h,--" + std::string(kHelpFlag), "print this text", std::string(kHelpFlag));
    add_switch("--" + std::string(kVersionFlag), "print the version", std::string(kVersionFlag));
    for (const config::Option& option : config::options()) {
      add(option, option.name, option.support == config::Support::supported ? option.section : "");
      for (const std::string& alias : option.aliases) add(option, alias, "");
    }
  }

  /// CLI11 wants the arguments last first.
  void parse(std::vector<std::string> reversed) { app_.parse(std::move(reversed)); }

  std::vector<config::FlagValue> flags() const {
    std::vector<config::FlagValue> flags;
    std::map<const CLI::Option*, std::size_t> next;
    for (const CLI::Option* option : app_.parse_order()) {
      const auto name = names_.find(option);
      const std::size_t index = next[option]++;
      if (name == names_.end() || index >= option->results().size()) continue;
      std::string value = option->results()[index];
      if (value == kEmptyValue) value.clear();
      flags.push_back({name->second, std::move(value)});
    }
    return flags;
  }

  std::vector<std::string> rest() const { return app_.remaining(); }

  std::string help() const { return app_.help(); }

 private:
  void add_switch(const std::string& flags, const std::string& help, const std::string& name) {
    names_.emplace(app_.add_flag(flags, help), name);
  }

  void add(const config::Option& option, const std::string& name, const std::string& group) {
    CLI::Option* added = nullptr;
    const std::string description = described(option);  // CLI11 binds a temporary to another overload
    if (option.shape == config::Shape::flag) {
      added = app_.add_flag("--" + name, description);
    } else {
      added = app_.add_option("--" + name, description)
                  ->expected(1)
                  ->allow_extra_args(false)
                  ->option_text(option.value_name);
    }
    added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->group(group);
    names_.emplace(added, name);
  }

  CLI::App app_;
  std::map<const CLI::Option*, std::string> names_;
};

bool is_command(const std::string& word) { return std::ranges::find(kCommands, word) != kCommands.end(); }

/// Sorts what CLI11 did not know: commands, Jaeger's other flags with their values, and mistakes.
void sort_rest(const std::vector<std::string>& rest, Arguments& result) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const std::string& argument = rest[i];
    if (argument == "--") continue;
    if (!argument.starts_with('-') || argument == "-") {
      result.words.push_back(argument);
      continue;
    }
    const std::size_t dashes = argument.starts_with("--") ? 2 : 1;
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(dashes, equals == std::string::npos ? equals : equals - dashes);
    if (dashes == 2 && config::is_foreign_jaeger_flag(name)) {
      result.foreign_flags.push_back(argument.substr(0, equals));
      const bool value_follows = equals == std::string::npos && i + 1 < rest.size() && !rest[i + 1].starts_with('-') &&
                                 !is_command(rest[i + 1]);
      if (value_follows) ++i;
      continue;
    }
    const std::string written = base::printable(argument.substr(0, equals), 100);
    result.problems.push_back({written, "is not a flag: " + config::instead_of_unknown(name, "--")});
  }
}

}  // namespace

Arguments read_arguments(std::span<const char* const> arguments) {
  Arguments result;
  std::vector<std::string> reversed;
  for (std::size_t i = arguments.size(); i-- > 0;) {
    std::string argument = arguments[i];
    if (argument.starts_with("--") && argument.ends_with('=') && argument.find('=') == argument.size() - 1) {
      argument += kEmptyValue;
    }
    reversed.push_back(std::move(argument));
  }
  try {
    Parser parser;
    try {
      parser.parse(std::move(reversed));
    } catch (const CLI::ArgumentMismatch&) {
      // Only the last argument can lack its value: every other one takes what follows.
      result.problems.push_back({base::printable(arguments.back(), 100), "has no value: write one behind it"});
      return result;
    }
    for (config::FlagValue& flag : parser.flags()) {
      if (flag.name == kHelpFlag) {
        result.help = true;
      } else if (flag.name == kVersionFlag) {
        result.version = true;
      } else {
        result.flags.push_back(std::move(flag));
      }
    }
    sort_rest(parser.rest(), result);
  } catch (const std::exception&) {
    result.problems.push_back({"command line", "cannot be read: write flags as --name=value, and see --help"});
  }
  return result;
}

std::string help_text() { return Parser().help(); }

}  // namespace spm::cli
