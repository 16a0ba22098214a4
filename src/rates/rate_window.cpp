#include "rate_window.hpp"

#include <algorithm>
#include <cstring>

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

/// Two numbers, which every machine of 64 bits has registers for.
using Longs [[gnu::vector_size(16)]] = std::int64_t;
using Doubles [[gnu::vector_size(16)]] = double;
constexpr std::size_t kLanes = 2;
/// So many samples are looked at together.
constexpr std::size_t kBlock = 8 * kLanes;

bool any(const Longs& bits) { return (bits[0] | bits[1]) != 0; }

/// Whether any of the kBlock values from `at` on is smaller than the one before it.
bool any_reset(const double* at) {
  Longs found{};
  for (std::size_t i = 0; i < kBlock; i += kLanes) {
    Doubles before;
    Doubles now;
    std::memcpy(&before, at + i - 1, sizeof before);
    std::memcpy(&now, at + i, sizeof now);
    found |= now < before;
  }
  return any(found);
}

/// Whether each of the kBlock times after `at` follows the one before it at this distance.
bool all_at_distance(const std::int64_t* at, std::int64_t distance_ms) {
  Longs differences{};
  for (std::size_t i = 0; i < kBlock; i += kLanes) {
    Longs before;
    Longs now;
    std::memcpy(&before, at + i, sizeof before);
    std::memcpy(&now, at + i + 1, sizeof now);
    differences |= (now - before) ^ distance_ms;
  }
  return !any(differences);
}

double seconds(std::int64_t milliseconds) { return static_cast<double>(milliseconds) / 1000; }

}  // namespace

RateWindow::RateWindow(const model::TimeGrid& grid, std::int64_t window_ms, WindowStart start,
                       Extrapolation extrapolation)
    : grid_(grid),
      window_ms_(window_ms),
      window_seconds_(go_seconds(window_ms)),
      first_offset_ms_(window_ms - (start == WindowStart::left_open ? 1 : 0)),
      extrapolation_(extrapolation) {
  points_.values.resize(grid.points);
}

inline double RateWindow::increase(std::span<const double> values, Window window) {
  double increased = values[window.last] - values[window.first];
  while (next_reset_ < resets_.size() && resets_[next_reset_] <= window.first) ++next_reset_;
  for (std::size_t i = next_reset_; i < resets_.size() && resets_[i] <= window.last; ++i) {
    increased += values[resets_[i] - 1];
  }
  return increased;
}

/// In a window of the shape that was measured last.
inline double RateWindow::rate_of(double increased, double first_value) const {
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

inline double RateWindow::rate(std::span<const std::int64_t> times_ms, std::span<const double> values, Window window,
                               std::int64_t at_ms) {
  const double increased = increase(values, window);
  const Shape shape{times_ms[window.last] - times_ms[window.first], times_ms[window.first] - (at_ms - window_ms_),
                    at_ms - times_ms[window.last], window.last - window.first + 1};
  is_alike_ = shape == shape_;
  if (!is_alike_) measure(shape);
  return rate_of(increased, values[window.first]);
}

/// How many points after the one of `window`, at most `max_points`, have a window of the same shape, each a step
/// further, and no reset inside. Fewer are no mistake.
std::size_t RateWindow::points_alike(std::span<const std::int64_t> times_ms, Window window, std::int64_t at_ms,
                                     std::size_t max_points) {
  if (window.first >= stretch_.last) stretch_ = stretch_from(times_ms, window.first);
  const std::int64_t distance_ms = stretch_.distance_ms;
  if (stretch_.last <= window.last || grid_.step_ms % distance_ms != 0) return 0;
  // No sample more at either end, there too.
  const bool whole =
      at_ms - times_ms[window.last] < distance_ms && times_ms[window.first] - distance_ms < at_ms - first_offset_ms_;
  const std::size_t reset = next_reset_ < resets_.size() ? resets_[next_reset_] : times_ms.size();
  if (!whole || reset <= window.last) return 0;
  const std::size_t stride = static_cast<std::size_t>(grid_.step_ms / distance_ms);
  return std::min((std::min(stretch_.last, reset) - 1 - window.last) / stride, max_points);
}

void RateWindow::fill_points_alike(std::span<const double> values, Window window, std::size_t point,
                                   std::size_t count) {
  const std::size_t stride = static_cast<std::size_t>(grid_.step_ms / stretch_.distance_ms);
  const double* first = &values[window.first];
  const double* last = &values[window.last];
  double* rates = &points_.values[point];
  const double factor = measures_.factor;
  const bool zero_is_before_span = measures_.to_start > measures_.span;
  for (std::size_t i = 1; i <= count; ++i) {
    const double first_value = first[i * stride];
    const double increased = last[i * stride] - first_value;
    // Without branches: which of these holds changes by chance, that all do is rare.
    const bool near_zero = (increased > 0) & (first_value >= 0) & ((first_value < increased) | zero_is_before_span);
    rates[i] = near_zero ? rate_of(increased, first_value) : increased * factor;
  }
}

const RatePoints& RateWindow::compute(std::span<const std::int64_t> times_ms, std::span<const double> values) {
  points_.runs.clear();
  const std::size_t samples = times_ms.size();
  if (samples < 2 || grid_.points == 0) return points_;
  find_resets(values);
  stretch_ = {};

  // Outside of these no window holds two samples.
  const std::int64_t earliest = times_ms[1];
  const std::int64_t latest = times_ms[samples - 2] + window_ms_;
  std::size_t point = 0;
  if (earliest > grid_.start_ms) {
    point = static_cast<std::size_t>((earliest - grid_.start_ms + grid_.step_ms - 1) / grid_.step_ms);
  }

  std::size_t first = 0;  // of the window
  std::size_t end = 0;    // one past its last
  std::size_t stride = 0;
  PointRun run{point, point};
  for (; point < grid_.points; ++point) {
    const std::int64_t at_ms = grid_.at(point);
    if (at_ms > latest) break;
    const std::int64_t oldest = at_ms - first_offset_ms_;
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
      const Window window{first, end - 1};
      points_.values[point] = rate(times_ms, values, window, at_ms);
      // Windows that differ from each other do so mostly all over the series.
      const std::size_t alike = is_alike_ ? points_alike(times_ms, window, at_ms, grid_.points - 1 - point) : 0;
      if (alike > 0) {
        fill_points_alike(values, window, point, alike);
        stride = static_cast<std::size_t>(grid_.step_ms / stretch_.distance_ms);
        point += alike;
        first += alike * stride;
        end += alike * stride;
      }
    }
    run.end = point + 1;
  }
  end_run(run);
  return points_;
}

RateWindow::Stretch RateWindow::stretch_from(std::span<const std::int64_t> times_ms, std::size_t begin) {
  const std::int64_t distance_ms = times_ms[begin + 1] - times_ms[begin];
  const std::int64_t* times = times_ms.data();
  std::size_t last = begin + 1;
  while (last + kBlock < times_ms.size() && all_at_distance(times + last, distance_ms)) last += kBlock;
  while (last + 1 < times_ms.size() && times[last + 1] - times[last] == distance_ms) ++last;
  return {begin, last, distance_ms};
}

void RateWindow::find_resets(std::span<const double> values) {
  resets_.clear();
  next_reset_ = 0;
  const double* at = values.data();
  const auto find_in = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (at[i] < at[i - 1]) resets_.push_back(i);
    }
  };
  std::size_t begin = 1;
  for (; begin + kBlock <= values.size(); begin += kBlock) {
    if (any_reset(at + begin)) [[unlikely]]
      find_in(begin, begin + kBlock);
  }
  find_in(begin, values.size());
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
