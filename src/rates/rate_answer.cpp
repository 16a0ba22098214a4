#include <algorithm>

#include <spm/rates/rate_source.hpp>

namespace spm::rates {

void RateAnswer::add(RatePart part, model::Matrix matrix) {
  columns.emplace_back(std::move(part), std::make_shared<const model::Matrix>(std::move(matrix)));
}

const model::Matrix* RateAnswer::find(const RatePart& part) const noexcept {
  const auto found = std::ranges::find(columns, part, &std::pair<RatePart, MatrixPtr>::first);
  return found == columns.end() ? nullptr : found->second.get();
}

}  // namespace spm::rates
