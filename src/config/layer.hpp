#pragma once

#include <string>
#include <vector>

#include <spm/config/load.hpp>
#include <spm/config/options.hpp>

namespace spm::config {

/// One option's values as one source gives them, not yet read.
struct Given {
  const Option* option = nullptr;
  std::vector<std::string> values;  ///< already cut; never empty for scalars and flags
  Source source;
  std::string setting;  ///< the setting and its place, for messages
};

/// What one source says.
struct Layer {
  std::vector<Given> given;  ///< of several for one option the last counts
  std::vector<std::string> warnings;
  std::vector<Problem> problems;
  /// Set by a Jaeger file that names no store; counts only when no other source names one.
  std::vector<Problem> problems_without_store;
};

}  // namespace spm::config
