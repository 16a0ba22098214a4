#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace spm::prometheus {

/// A JSON number of Unix seconds as milliseconds, exact for up to three decimals and rounded half up beyond. Read as
/// decimal text: a double of today's seconds has no exact milliseconds.
std::optional<std::int64_t> parse_seconds_as_ms(std::string_view text) noexcept;

/// A sample value as Prometheus writes it: decimal, NaN, +Inf, -Inf. What is too large for a double is an infinity,
/// too small a zero, as IEEE 754 rounds.
std::optional<double> parse_sample_value(std::string_view text) noexcept;

}  // namespace spm::prometheus
