#pragma once

#include <vector>

#include <spm/config/options.hpp>

namespace spm::config {

/// Builds the table that options() hands out.
std::vector<Option> make_option_table();

}  // namespace spm::config
