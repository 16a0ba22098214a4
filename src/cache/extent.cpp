#include "extent.hpp"

#include <algorithm>

#include "matrix_ranges.hpp"

namespace spm::cache {
namespace {

using model::TimeGrid;
using std::chrono::milliseconds;

constexpr milliseconds kLongestFresh{60'000};
/// Clocks that are kept in step by small corrections stay within this for as long as anything is kept.
constexpr milliseconds kClockStep{2'000};

/// How many points of `grid`, from its first one, are before `limit_ms`.
std::size_t points_before(const TimeGrid& grid, std::int64_t limit_ms) {
  if (limit_ms <= grid.start_ms) return 0;
  const auto points = static_cast<std::size_t>((limit_ms - grid.start_ms - 1) / grid.step_ms) + 1;
  return std::min(points, grid.points);
}

}  // namespace

std::int64_t steps_between(std::int64_t from_ms, std::int64_t to_ms, std::int64_t step_ms) noexcept {
  return (to_ms - from_ms) / step_ms;
}

std::optional<std::string_view> outdated(const Extent& held, const Moment& now, milliseconds max_age) {
  if (now.steady - held.oldest >= max_age) return "age";
  const auto passed = std::chrono::duration_cast<milliseconds>(now.steady - held.read.steady);
  const milliseconds wall_passed{now.wall_ms - held.read.wall_ms};
  if (wall_passed - passed > kClockStep || passed - wall_passed > kClockStep) return "clock";
  return std::nullopt;
}

milliseconds fresh_for(std::int64_t step_ms) noexcept { return std::min(milliseconds(step_ms), kLongestFresh); }

bool covers(const Extent& held, const TimeGrid& grid) {
  return grid.start_ms >= held.grid().start_ms && grid.last_ms() <= held.grid().last_ms();
}

std::size_t final_points_of(const Extent& held, const TimeGrid& grid) {
  const std::int64_t offset = steps_between(held.grid().start_ms, grid.start_ms, grid.step_ms);
  if (offset < 0 || offset >= static_cast<std::int64_t>(held.final_points)) return 0;
  return std::min(grid.points, held.final_points - static_cast<std::size_t>(offset));
}

bool answers(const Extent& held, const TimeGrid& grid, const Moment& now) {
  if (!covers(held, grid)) return false;
  return final_points_of(held, grid) == grid.points || now.steady - held.read.steady < fresh_for(grid.step_ms);
}

rates::MatrixPtr columns_over(const Extent& held, const TimeGrid& grid) {
  if (held.grid() == grid) return held.matrix;
  const std::int64_t offset = steps_between(held.grid().start_ms, grid.start_ms, grid.step_ms);
  return std::make_shared<const model::Matrix>(slice(*held.matrix, static_cast<std::size_t>(offset), grid.points));
}

std::size_t final_points(const TimeGrid& grid, const Moment& read, std::optional<std::int64_t> last_present_ms,
                         milliseconds overlap) {
  if (!last_present_ms) return 0;
  return points_before(grid, std::min(read.wall_ms, *last_present_ms) - overlap.count());
}

bool settled_points_changed(const Extent& held, const model::Matrix& now) {
  const TimeGrid& before = held.grid();
  const std::size_t settled = points_before(before, held.read.wall_ms - held.overlap.count() / 2);
  const std::int64_t offset = steps_between(before.start_ms, now.grid.start_ms, before.step_ms);
  const std::int64_t begin = std::max<std::int64_t>(offset, 0);
  const std::int64_t end =
      std::min(static_cast<std::int64_t>(settled), offset + static_cast<std::int64_t>(now.grid.points));
  if (begin >= end) return false;
  return !same_points(*held.matrix, static_cast<std::size_t>(begin), now, static_cast<std::size_t>(begin - offset),
                      static_cast<std::size_t>(end - begin), Sameness::rounding);
}

}  // namespace spm::cache
