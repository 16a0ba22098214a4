#include "rate_window.hpp"

#include <algorithm>

// Every expression here is Prometheus' own (promql/functions.go, extrapolatedRate), in its order of operations: what is
// left out is only what cannot change the outcome. Built with -ffp-contract=off.

namespace spm::rates {
namespace {

/// As Go's Duration.Seconds(): whole seconds and the rest apart.
double go_seconds(std::int64_t milliseconds) {
  const std::int64_t whole = milliseconds / 1000;
  const std::int64_t nanoseconds = milliseconds % 1000 * 1'000'000;
  return static_cast<double>(whole) + static_cast<double>(nanoseconds) / 1e9;
}

double seconds(std::int64_t milliseconds) { return static_cast<double>(milliseconds) / 1000; }

}  // namespace

RateWindow::RateWindow(const model::TimeGrid& grid, std::int64_t window_ms, WindowStart start,
                       Extrapolation extrapolation)
    : grid_(grid),
      window_ms_(window_ms),
      window_seconds_(go_seconds(window_ms)),
      start_(start),
      extrapolation_(extrapolation) {
  points_.values.resize(grid.points);
}

inline double RateWindow::increase(std::span<const double> values, std::size_t first, std::size_t last) {
  double increased = values[last] - values[first];
  while (next_reset_ < resets_.size() && resets_[next_reset_] <= first) ++next_reset_;
  for (std::size_t i = next_reset_; i < resets_.size() && resets_[i] <= last; ++i) increased += values[resets_[i] - 1];
  return increased;
}

inline double RateWindow::rate(std::span<const std::int64_t> times_ms, std::span<const double> values,
                               std::size_t first, std::size_t last, std::int64_t at_ms) {
  const double increased = increase(values, first, last);
  const Shape shape{times_ms[last] - times_ms[first], times_ms[first] - (at_ms - window_ms_), at_ms - times_ms[last],
                    last - first + 1};
  if (shape != shape_) measure(shape);

  const double first_value = values[first];
  if (increased > 0 && first_value >= 0) {
    // With first_value >= increased the counter was zero a whole span or more before the first sample.
    const bool far = first_value >= increased && measures_.to_start <= measures_.span;
    if (!far) {
      const double to_zero = measures_.span * (first_value / increased);
      if (to_zero < measures_.to_start) return increased * factor(to_zero);
    }
  }
  return increased * measures_.factor;
}

const RatePoints& RateWindow::compute(std::span<const std::int64_t> times_ms, std::span<const double> values) {
  points_.runs.clear();
  const std::size_t samples = times_ms.size();
  if (samples < 2 || grid_.points == 0) return points_;
  find_resets(values);

  // Outside of these no window holds two samples.
  const std::int64_t earliest = times_ms[1];
  const std::int64_t latest = times_ms[samples - 2] + window_ms_;
  std::size_t point = 0;
  if (earliest > grid_.start_ms) {
    point = static_cast<std::size_t>((earliest - grid_.start_ms + grid_.step_ms - 1) / grid_.step_ms);
  }

  const std::int64_t first_offset = window_ms_ - (start_ == WindowStart::left_open ? 1 : 0);
  std::size_t first = 0;  // of the window
  std::size_t end = 0;    // one past its last
  std::size_t stride = 0;
  PointRun run{point, point};
  for (; point < grid_.points; ++point) {
    const std::int64_t at_ms = grid_.at(point);
    if (at_ms > latest) break;
    const std::int64_t oldest = at_ms - first_offset;
    // Samples mostly come as many a step as in the step before.
    const std::size_t guess = end + stride;
    if (guess > end && guess < samples && times_ms[guess - 1] <= at_ms && times_ms[guess] > at_ms) {
      end = guess;
    } else {
      const std::size_t before = end;
      while (end < samples && times_ms[end] <= at_ms) ++end;
      stride = end - before;
    }
    const std::size_t guess_first = first + stride;
    if (guess_first > first && guess_first < end && times_ms[guess_first - 1] < oldest &&
        times_ms[guess_first] >= oldest) {
      first = guess_first;
    } else {
      while (first < end && times_ms[first] < oldest) ++first;
    }
    if (end - first < 2) {
      end_run(run);
      run.begin = point + 1;
    } else {
      points_.values[point] = rate(times_ms, values, first, end - 1, at_ms);
    }
    run.end = point + 1;
  }
  end_run(run);
  return points_;
}

void RateWindow::find_resets(std::span<const double> values) {
  resets_.clear();
  next_reset_ = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] < values[i - 1]) resets_.push_back(i);
  }
}

void RateWindow::end_run(PointRun run) {
  if (run.begin < run.end) points_.runs.push_back(run);
}

void RateWindow::measure(const Shape& shape) {
  shape_ = shape;
  measures_.span = seconds(shape.span_ms);
  measures_.to_start = seconds(shape.to_start_ms);
  measures_.to_end = seconds(shape.to_end_ms);
  measures_.average = measures_.span / static_cast<double>(shape.samples - 1);
  measures_.limit = measures_.average * 1.1;
  if (extrapolation_ == Extrapolation::newer) {
    if (measures_.to_start >= measures_.limit) measures_.to_start = measures_.average / 2;
    if (measures_.to_end >= measures_.limit) measures_.to_end = measures_.average / 2;
  }
  measures_.factor = factor(measures_.to_start);
}

double RateWindow::factor(double to_start) const {
  const Measures& m = measures_;
  double covered = m.span;
  if (extrapolation_ == Extrapolation::older) {
    covered += to_start < m.limit ? to_start : m.average / 2;
    covered += m.to_end < m.limit ? m.to_end : m.average / 2;
  } else {
    covered = m.span + to_start + m.to_end;
  }
  return covered / m.span / window_seconds_;
}

}  // namespace spm::rates
