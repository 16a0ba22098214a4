#pragma once

#include <string_view>

namespace spm::promql {

// The files of promql-templates/, defined in a source that the build makes from them.
// NOLINTBEGIN(readability-identifier-naming): named after the files.
extern const std::string_view kBuiltIn_latency;
extern const std::string_view kBuiltIn_call_rate;
extern const std::string_view kBuiltIn_error_rate;
extern const std::string_view kBuiltIn_native_latency;
extern const std::string_view kBuiltIn_native_call_rate;
extern const std::string_view kBuiltIn_native_error_rate;
// NOLINTEND(readability-identifier-naming)

}  // namespace spm::promql
