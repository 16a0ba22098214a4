#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <spm/config/load.hpp>

namespace spm::cli {

enum class Command : std::uint8_t {
  serve,
  check_config,  ///< says whether the settings would do; exits 0 or 1
  print_config,  ///< every setting, its value and its source
  doctor,        ///< asks the store and says what is wrong with it; exits 0 or 1
  version,
  help,
  print_docs,  ///< the tables of docs/configuration.md
};

inline constexpr int kExitGood = 0;
inline constexpr int kExitConfigRefused = 1;  ///< of check-config
inline constexpr int kExitUsage = 2;          ///< of every other command

/// What main has to do: print both texts, then leave with the code, or serve where there is none.
struct Outcome {
  Command command = Command::serve;
  std::optional<int> exit_code;  ///< not set: serve, with configuration.settings
  std::string out;               ///< for standard output
  std::string err;               ///< for standard error: one line a problem or warning
  config::Loaded configuration;  ///< warnings are not in `err` when serving: they belong into the log
};

/// Reads the command line (without the program's name), the environment and the configuration file. Never throws,
/// never touches the terminal, changes nothing.
Outcome parse_invocation(std::span<const char* const> arguments, const config::Environment& environment,
                         const config::Files& files);

/// This process' environment.
config::Environment environment_of_process();

}  // namespace spm::cli
