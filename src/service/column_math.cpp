#include "column_math.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace spm::service {
namespace {

constexpr std::string_view kBound = "le";

void scale_by(model::Column& column, double scale) {
  if (scale == 1) return;
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (column.has(i)) column.set(i, column.value(i) * scale);
  }
}

}  // namespace

model::Matrix latencies(const model::Matrix& buckets, double quantile, double scale, rates::BucketRepair repair) {
  std::map<model::LabelSet, std::vector<rates::BucketColumn>> groups;
  for (const model::Series& series : buckets.series) {
    const std::string* le = model::find_label(series.labels, kBound);
    const auto bound = le == nullptr ? std::nullopt : rates::bucket_bound(*le);
    if (!bound) continue;
    model::LabelSet group;
    group.reserve(series.labels.size());
    for (const model::Label& label : series.labels) {
      if (label.name != kBound) group.push_back(label);
    }
    groups[std::move(group)].push_back({*bound, &series.column});
  }

  model::Matrix answer;
  answer.grid = buckets.grid;
  answer.series.reserve(groups.size());
  for (const auto& [labels, columns] : groups) {
    model::Column column = rates::histogram_quantile(quantile, columns, buckets.grid.points, repair);
    if (column.none()) continue;
    scale_by(column, scale);
    answer.series.push_back({labels, std::move(column)});
  }
  return answer;
}

model::Matrix fractions(const model::Matrix& errors, const model::Matrix& calls) {
  std::map<model::LabelSet, const model::Column*> all;
  for (const model::Series& series : calls.series) all.emplace(series.labels, &series.column);

  model::Matrix answer;
  answer.grid = calls.grid;
  answer.series.reserve(errors.series.size());
  for (const model::Series& failed : errors.series) {
    const auto found = all.find(failed.labels);
    if (found == all.end()) continue;
    const model::Column& total = *found->second;
    model::Column column(calls.grid.points);
    for (std::size_t i = 0; i < column.size(); ++i) {
      if (failed.column.has(i) && total.has(i)) column.set(i, failed.column.value(i) / total.value(i));
    }
    if (!column.none()) answer.series.push_back({failed.labels, std::move(column)});
  }
  return answer;
}

}  // namespace spm::service
