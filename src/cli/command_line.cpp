#include <unistd.h>

#include <spm/base/build_info.hpp>
#include <spm/base/utf8.hpp>
#include <spm/cli/command_line.hpp>
#include <spm/config/explain.hpp>

#include "arguments.hpp"

namespace spm::cli {
namespace {

struct CommandName {
  std::string_view name;
  Command command;
};
constexpr CommandName kCommandNames[] = {
    {"serve", Command::serve},
    {"check-config", Command::check_config},
    {"print-config", Command::print_config},
    {"doctor", Command::doctor},
    {"version", Command::version},
    {"help", Command::help},
    {"print-docs", Command::print_docs},
};

std::optional<Command> find_command(std::string_view name) {
  for (const CommandName& entry : kCommandNames) {
    if (entry.name == name) return entry.command;
  }
  return std::nullopt;
}

Command choose_command(Arguments& arguments) {
  std::optional<Command> chosen;
  for (const std::string& word : arguments.words) {
    const auto command = find_command(word);
    if (command && !chosen) {
      chosen = command;
    } else if (command) {
      arguments.problems.push_back({base::printable(word, 100), "is a second command: write one only"});
    } else {
      arguments.problems.push_back(
          {base::printable(word, 100),
           "is not a command: write serve, doctor, check-config, print-config, version or help"});
    }
  }
  if (arguments.help) return Command::help;
  if (arguments.version) return Command::version;
  return chosen.value_or(Command::serve);
}

void warn_about_foreign_flags(const Arguments& arguments, config::Loaded& loaded) {
  if (arguments.foreign_flags.empty()) return;
  std::string names;
  for (const std::string& flag : arguments.foreign_flags) names += (names.empty() ? "" : ", ") + base::printable(flag);
  loaded.warnings.insert(loaded.warnings.begin(), "flags of Jaeger that mean nothing here are ignored: " + names);
}

std::string lines(const config::Loaded& loaded) {
  std::string text;
  for (const std::string& warning : loaded.warnings) text += "warning: " + warning + "\n";
  for (const config::Problem& problem : loaded.problems) text += problem.line() + "\n";
  return text;
}

}  // namespace

Outcome parse_invocation(std::span<const char* const> arguments, const config::Environment& environment,
                         const config::Files& files) {
  Arguments read = read_arguments(arguments);
  Outcome outcome;
  outcome.command = choose_command(read);
  if (outcome.command == Command::help) {
    outcome.out = help_text();
    outcome.exit_code = kExitGood;
    return outcome;
  }
  if (outcome.command == Command::version) {
    outcome.out = std::string(base::kProgramName) + " " + std::string(base::version()) + " (" +
                  std::string(base::commit()) + ")\n";
    outcome.exit_code = kExitGood;
    return outcome;
  }
  if (outcome.command == Command::print_docs) {
    outcome.out = config::settings_markdown();
    outcome.exit_code = kExitGood;
    return outcome;
  }

  outcome.configuration = config::load(read.flags, environment, files);
  config::Loaded& loaded = outcome.configuration;
  loaded.problems.insert(loaded.problems.begin(), read.problems.begin(), read.problems.end());
  warn_about_foreign_flags(read, loaded);
  const bool good = loaded.problems.empty();

  switch (outcome.command) {
    case Command::check_config:
      outcome.err = lines(loaded);
      outcome.exit_code = good ? kExitGood : kExitConfigRefused;
      if (good) outcome.out = "the configuration is good\n";
      break;
    case Command::print_config:
      outcome.out = config::explain(loaded);
      outcome.err = lines(loaded);
      outcome.exit_code = good ? kExitGood : kExitUsage;
      break;
    default:
      if (good) break;
      outcome.err = lines(loaded);
      outcome.exit_code = kExitUsage;
  }
  return outcome;
}

config::Environment environment_of_process() {
  config::Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace spm::cli
