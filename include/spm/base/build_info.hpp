#pragma once

#include <string_view>

namespace spm::base {

inline constexpr std::string_view kProgramName = "jaeger-spm-proxy";

std::string_view version() noexcept;  ///< for example "0.1.0"
std::string_view commit() noexcept;   ///< short commit, or "unknown"

}  // namespace spm::base
