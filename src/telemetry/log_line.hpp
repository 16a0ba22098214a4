#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <spm/telemetry/log.hpp>

namespace spm::telemetry {

/// The longest value of one field, as written: escapes count.
inline constexpr std::size_t kMaxValueBytes = 2'000;

/// "2026-11-21T06:47:00.123Z".
std::string format_time(std::int64_t unix_ms);

/// `text` as the inside of a JSON string, which is also what readers of logfmt unquote: valid UTF-8, without any byte
/// or code point that starts a line or steers a terminal. Invalid bytes become U+FFFD. At most `max_bytes` long; what
/// is cut ends in "...".
std::string escape(std::string_view text, std::size_t max_bytes = kMaxValueBytes);

/// One event as one line, without its line end.
std::string format_line(LogFormat format, std::int64_t unix_ms, base::Severity severity, std::string_view message,
                        std::span<const Field> fields);

}  // namespace spm::telemetry
