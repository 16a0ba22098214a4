#include <map>
#include <utility>

#include <spm/reshape/family.hpp>

#include "jaeger_labels.hpp"

namespace spm::reshape {
namespace {

/// The grid that holds the points of both. They differ only when a store moves windows to its own steps and one of the
/// two answers is empty; then the other's grid counts.
const model::TimeGrid& common_grid(const model::Matrix& ratios, const model::Matrix& calls) {
  return calls.series.empty() ? ratios.grid : calls.grid;
}

/// Writes the points of `from` into `to`, matching timestamps. A timestamp outside `to_grid` has no place there.
void copy_points(const model::Column& from, const model::TimeGrid& from_grid, model::Column& to,
                 const model::TimeGrid& to_grid) {
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (!from.has(i)) continue;
    const std::int64_t distance = from_grid.at(i) - to_grid.start_ms;
    if (distance < 0 || distance % to_grid.step_ms != 0) continue;
    const auto place = static_cast<std::size_t>(distance / to_grid.step_ms);
    if (place < to.size()) to.set(place, from.value(i));
  }
}

}  // namespace

model::MetricFamily to_error_rate_family(const model::MetricQuery& query, const model::MetricNames& names,
                                         const model::Matrix& ratios, const model::Matrix& calls) {
  model::MetricFamily family;
  family.name = family_name(query);
  family.help = family_help(query);
  family.grid = common_grid(ratios, calls);

  std::map<model::LabelSet, model::Column> by_labels;  // sorted, so the family is
  for (const model::Series& series : calls.series) {
    model::Column zeros(family.grid.points);
    for (std::size_t i = 0; i < series.column.size(); ++i) {
      if (series.column.has(i)) zeros.set(i, 0.0);
    }
    by_labels.insert_or_assign(jaeger_labels(series.labels, names, query.group_by_operation), std::move(zeros));
  }
  for (const model::Series& series : ratios.series) {
    const auto [found, inserted] = by_labels.try_emplace(jaeger_labels(series.labels, names, query.group_by_operation),
                                                         model::Column(family.grid.points));
    copy_points(series.column, ratios.grid, found->second, family.grid);
  }

  family.metrics.reserve(by_labels.size());
  for (auto& [labels, column] : by_labels) {
    if (!column.none()) family.metrics.push_back({labels, std::move(column)});
  }
  return family;
}

}  // namespace spm::reshape
