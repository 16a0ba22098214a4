#pragma once

#include <span>
#include <string>
#include <vector>

#include <spm/config/load.hpp>

namespace spm::cli {

/// The command line, cut up. Nothing has been checked but its form.
struct Arguments {
  std::vector<config::FlagValue> flags;    ///< known ones, in order
  std::vector<std::string> words;          ///< what is no flag: the command
  std::vector<std::string> foreign_flags;  ///< Jaeger's that mean nothing here, as written without values
  std::vector<config::Problem> problems;
  bool help = false;
  bool version = false;
};

Arguments read_arguments(std::span<const char* const> arguments);

/// The text of --help.
std::string help_text();

}  // namespace spm::cli
