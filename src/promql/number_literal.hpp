#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace spm::promql {

/// A number as PromQL writes it: decimal, exponent, 0x.., and octal after a leading zero. No sign, no Inf, no NaN.
std::optional<double> read_number(std::string_view text) noexcept;

/// A duration as PromQL writes it ("1h30m"): units y w d h m s ms in this order, each once at most. 0 is none, nor is
/// one over 2^63 - 1 ns.
std::optional<std::int64_t> read_duration_ms(std::string_view text) noexcept;

}  // namespace spm::promql
