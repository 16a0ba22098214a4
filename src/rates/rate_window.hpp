#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <spm/model/time_grid.hpp>
#include <spm/rates/rate_variant.hpp>

namespace spm::rates {

/// Neighbouring points of a grid: [begin, end).
struct PointRun {
  std::size_t begin = 0;
  std::size_t end = 0;

  friend bool operator==(const PointRun&, const PointRun&) = default;
};

/// The rate of one series over a grid.
struct RatePoints {
  std::vector<double> values;  ///< one a grid point; meaningful only inside of `runs`
  std::vector<PointRun> runs;  ///< where there is a rate, ascending, with gaps between
};

/// `rate(series[R])` at every point of a grid, in one pass over the samples, to the bit what Prometheus computes.
/// The object is meant to be used for one series after the other.
class RateWindow {
 public:
  /// `window_ms` > 0.
  RateWindow(const model::TimeGrid& grid, std::int64_t window_ms, WindowStart start, Extrapolation extrapolation);

  /// `times_ms` strictly ascending, as many as `values`; without staleness markers. Only those in
  /// [first point - R, last point] matter. The answer is valid until the next call.
  const RatePoints& compute(std::span<const std::int64_t> times_ms, std::span<const double> values);

 private:
  /// What depends on the times in a window alone, computed again only when they differ from the last window's.
  struct Shape {
    std::int64_t span_ms = -1;
    std::int64_t to_start_ms = -1;
    std::int64_t to_end_ms = -1;
    std::size_t samples = 0;

    friend bool operator==(const Shape&, const Shape&) = default;
  };
  struct Measures {
    double span = 0;      ///< all in seconds
    double to_start = 0;  ///< before the zero point is looked at
    double to_end = 0;
    double average = 0;  ///< distance of samples
    double limit = 0;    ///< beyond which nothing is continued
    double factor = 0;   ///< of the increase, where the zero point does not matter
  };

  /// The samples of one window: [first, last].
  struct Window {
    std::size_t first = 0;
    std::size_t last = 0;
  };
  /// Samples at equal distances: [begin, last].
  struct Stretch {
    std::size_t begin = 0;
    std::size_t last = 0;
    std::int64_t distance_ms = 0;
  };

  double rate(std::span<const std::int64_t> times_ms, std::span<const double> values, Window window,
              std::int64_t at_ms);
  double increase(std::span<const double> values, Window window);
  double rate_of(double increased, double first_value) const;
  std::size_t points_alike(std::span<const std::int64_t> times_ms, Window window, std::int64_t at_ms,
                           std::size_t max_points);
  void fill_points_alike(std::span<const double> values, Window window, std::size_t point, std::size_t count);
  void measure(const Shape& shape);
  double factor(double to_start) const;
  static Stretch stretch_from(std::span<const std::int64_t> times_ms, std::size_t begin);
  void find_resets(std::span<const double> values);
  void end_run(PointRun run);

  model::TimeGrid grid_;
  std::int64_t window_ms_;
  double window_seconds_;
  std::int64_t first_offset_ms_;  ///< from the oldest time that belongs to a window to its end
  Extrapolation extrapolation_;

  Shape shape_;
  Measures measures_;
  bool is_alike_ = false;            ///< the current window has the shape of the one before it
  std::vector<std::size_t> resets_;  ///< samples that are smaller than the one before them
  std::size_t next_reset_ = 0;       ///< the first one that can matter to the current window
  Stretch stretch_;
  RatePoints points_;
};

}  // namespace spm::rates
