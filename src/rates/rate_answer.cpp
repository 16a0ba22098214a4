#include <algorithm>

#include <spm/rates/rate_source.hpp>

namespace spm::rates {

void RateAnswer::add(RatePart part, model::Matrix matrix) {
  columns.emplace_back(std::move(part), std::make_shared<const model::Matrix>(std::move(matrix)));
}

bool RateAnswer::join(const RateAnswer& other) {
  if (other.era != era || other.bucket_repair != bucket_repair) return false;
  columns.insert(columns.end(), other.columns.begin(), other.columns.end());
  for (const std::string& warning : other.warnings) {
    if (std::ranges::find(warnings, warning) == warnings.end()) warnings.push_back(warning);
  }
  if (other.report.reuse != report.reuse) report.reuse = Reuse::partial;
  report.pieces += other.report.pieces;
  report.series += other.report.series;
  report.samples += other.report.samples;
  report.bytes += other.report.bytes;
  report.took = std::max(report.took, other.report.took);
  report.asked = std::min(report.asked, other.report.asked);
  return true;
}

const model::Matrix* RateAnswer::find(const RatePart& part) const noexcept {
  const auto found = std::ranges::find(columns, part, &std::pair<RatePart, MatrixPtr>::first);
  return found == columns.end() ? nullptr : found->second.get();
}

}  // namespace spm::rates
