#include <algorithm>

#include <spm/rates/rate_source.hpp>

namespace spm::rates {

const model::Matrix* RateAnswer::find(const RatePart& part) const noexcept {
  const auto found = std::ranges::find(columns, part, &std::pair<RatePart, model::Matrix>::first);
  return found == columns.end() ? nullptr : &found->second;
}

}  // namespace spm::rates
