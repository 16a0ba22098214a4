#include <spm/service/window.hpp>

namespace spm::service {

model::MetricQuery aligned(model::MetricQuery query, std::int64_t now_ms) {
  // A window of one point would be moved away altogether.
  if (!query.movable_end_ms || query.grid.points < 2) return query;
  const std::int64_t step = query.grid.step_ms;
  const std::int64_t end = *query.movable_end_ms;
  const std::int64_t ago = now_ms - end;
  if (ago >= step || ago <= -step) return query;

  std::int64_t beyond = end % step;
  if (beyond < 0) beyond += step;  // before 1970
  query.movable_end_ms = end - beyond;
  query.grid.start_ms -= beyond;
  return query;
}

}  // namespace spm::service
