#pragma once

#include <string>

#include <spm/config/load.hpp>

namespace spm::config {

/// Every setting, its value (secrets redacted) and its source, one line each.
std::string explain(const Loaded& loaded);

/// The tables of docs/configuration.md, made from the option table.
std::string settings_markdown();

}  // namespace spm::config
