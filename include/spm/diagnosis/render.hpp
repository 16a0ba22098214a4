#pragma once

#include <string>

#include <spm/diagnosis/report.hpp>

namespace spm::diagnosis {

/// For a terminal of 100 columns: problems first, then hints, then what was found. Ends with a line break; holds no
/// control bytes but those.
std::string to_text(const Report& report);

/// One JSON object. `indent` < 0: on one line.
std::string to_json(const Report& report, int indent = -1);

}  // namespace spm::diagnosis
