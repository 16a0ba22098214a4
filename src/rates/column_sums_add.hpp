#pragma once

#include <cstddef>

namespace spm::rates {

/// Adds `count` rates to as many sums.
void add_plain(double* sums, const double* rates, std::size_t count) noexcept;

/// The same by Neumaier's summation, as in Prometheus' kahanSumInc. `lost`: what plain additions have lost so far. The
/// three do not overlap.
void add_compensated(double* sums, double* lost, const double* rates, std::size_t count) noexcept;

}  // namespace spm::rates
