#pragma once

#include <spm/config/load.hpp>

namespace spm::config {

/// Checks what one value alone cannot tell: files, pairs, and settings against each other. Adds to loaded.problems and
/// loaded.warnings.
void validate(Loaded& loaded, const Files& files);

/// The setting as the user wrote it, for messages: its flag, variable or place in the file; by its own name where it
/// is at its default.
std::string setting_text(const Loaded& loaded, const std::string& option_name);

}  // namespace spm::config
