#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <spm/model/matrix.hpp>

namespace spm::rates {

/// Whether two numbers are the same to the last bit. Any NaN is as good as another: JSON has only one.
inline bool same_bits(double a, double b) noexcept {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// The same, of all points that are there; points that are missing must be missing in both.
inline bool same_bits(const model::Column& a, const model::Column& b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a.has(i) != b.has(i)) return false;
    if (a.has(i) && !same_bits(a.value(i), b.value(i))) return false;
  }
  return true;
}

}  // namespace spm::rates
