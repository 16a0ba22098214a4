#pragma once

#include <cstdint>

/// In which of several ways a store computes `sum(rate(...))`. All are right; they differ in the last bits, and at the
/// edges of a window by whole samples. Which one a store uses is found by comparing answers, not from its version.
namespace spm::rates {

/// Whether the window of length R that ends at t holds a sample exactly at t - R.
enum class WindowStart : std::uint8_t {
  closed,    ///< [t - R, t]: Prometheus 2
  left_open  ///< (t - R, t]: Prometheus 3
};

/// How far a rate is continued beyond the first and last sample of its window.
enum class Extrapolation : std::uint8_t {
  older,  ///< the point where the counter was zero first, then the limit of 1.1 sample distances
  newer   ///< the limit first, then the zero point
};

/// How the series of a group are added up, in the store's order of series.
enum class Summation : std::uint8_t {
  plain,
  compensated  ///< Neumaier's: what plain addition loses is kept beside the sum and added at the end
};

struct RateVariant {
  WindowStart window_start = WindowStart::closed;
  Extrapolation extrapolation = Extrapolation::older;
  Summation summation = Summation::plain;

  friend bool operator==(const RateVariant&, const RateVariant&) = default;
};

}  // namespace spm::rates
