#include "column_sums_add.hpp"

#include <cmath>
#include <limits>

// Each loop is compiled for the vectoriser twice, for every machine and for those with wide registers. Columns are
// added element by element in both, so that the bits are the same.

namespace spm::rates {
namespace {

[[gnu::always_inline]] inline void plain(double* __restrict sums, const double* __restrict rates,
                                         std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) sums[i] += rates[i];
}

/// Without branches, so that the compiler does several at once.
[[gnu::always_inline]] inline void compensated(double* __restrict sums, double* __restrict lost,
                                               const double* __restrict rates, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const double sum = sums[i];
    const double rate = rates[i];
    const double total = sum + rate;
    const bool sum_is_larger = std::abs(sum) >= std::abs(rate);
    const double larger = sum_is_larger ? sum : rate;
    const double smaller = sum_is_larger ? rate : sum;
    const double more = lost[i] + ((larger - total) + smaller);
    lost[i] = std::abs(total) == std::numeric_limits<double>::infinity() ? 0.0 : more;
    sums[i] = total;
  }
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void plain_by_avx2(double* sums, const double* rates, std::size_t count) noexcept {
  plain(sums, rates, count);
}

[[gnu::target("avx2")]] void compensated_by_avx2(double* sums, double* lost, const double* rates,
                                                 std::size_t count) noexcept {
  compensated(sums, lost, rates, count);
}

bool has_avx2() noexcept {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}
#endif

}  // namespace

void add_plain(double* sums, const double* rates, std::size_t count) noexcept {
#if defined(__x86_64__)
  if (has_avx2()) return plain_by_avx2(sums, rates, count);
#endif
  plain(sums, rates, count);
}

void add_compensated(double* sums, double* lost, const double* rates, std::size_t count) noexcept {
#if defined(__x86_64__)
  if (has_avx2()) return compensated_by_avx2(sums, lost, rates, count);
#endif
  compensated(sums, lost, rates, count);
}

}  // namespace spm::rates
