#include <spm/service/metrics_service.hpp>

namespace spm::service {

std::string_view name_of(CacheResult result) noexcept {
  switch (result) {
    case CacheResult::miss:
      return "miss";
    case CacheResult::partial:
      return "partial";
    case CacheResult::hit:
      return "hit";
    case CacheResult::bypass:
      break;
  }
  return "bypass";
}

std::string cache_text(const MetricsAnswer& answer) {
  const model::TimeGrid& grid = answer.family->grid;
  std::string text(name_of(answer.cache));
  text += "; start=" + std::to_string(grid.start_ms);
  text += "; end=" + std::to_string(grid.last_ms());
  return text + "; step=" + std::to_string(grid.step_ms);
}

}  // namespace spm::service
