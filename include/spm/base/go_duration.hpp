#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <spm/base/result.hpp>

namespace spm::base {

/// Reads a duration as Go's time.ParseDuration does ("30s", "1m30s", "1.5h", "500ms", "0"), the form in which Jaeger's
/// settings are written. The error says what was wrong and shows an example. Negative values are accepted here.
Result<std::chrono::nanoseconds> parse_go_duration(std::string_view text);

/// "1m30s", "500ms", "0s": exact, for print-config and messages.
std::string format_go_duration(std::chrono::nanoseconds value);

}  // namespace spm::base
