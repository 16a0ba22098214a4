#include <algorithm>
#include <utility>

#include <spm/reshape/family.hpp>

#include "jaeger_labels.hpp"

namespace spm::reshape {

model::LabelSet jaeger_labels(const model::LabelSet& labels, const model::MetricNames& names, bool with_operation) {
  const std::string* service = model::find_label(labels, names.service_label);
  const std::string* operation = model::find_label(labels, names.operation_label);

  model::LabelSet renamed;
  renamed.reserve(labels.size() + 1);
  renamed.push_back({"service_name", service != nullptr ? *service : std::string{}});
  // The UI looks for the label `operation` and fails without it.
  if (with_operation) renamed.push_back({"operation", operation != nullptr ? *operation : std::string{}});
  const auto others = static_cast<std::ptrdiff_t>(renamed.size());
  for (const model::Label& label : labels) {
    if (label.name == names.service_label || label.name == names.operation_label) continue;
    renamed.push_back(label);
  }
  std::sort(renamed.begin() + others, renamed.end());
  return renamed;
}

void sort_series(std::vector<model::Series>& series) { std::ranges::sort(series, {}, &model::Series::labels); }

model::MetricFamily to_family(const model::MetricQuery& query, const model::MetricNames& names, model::Matrix matrix) {
  model::MetricFamily family;
  family.name = family_name(query);
  family.help = family_help(query);
  family.grid = matrix.grid;
  family.metrics.reserve(matrix.series.size());
  for (model::Series& series : matrix.series) {
    if (series.column.none()) continue;
    family.metrics.push_back({jaeger_labels(series.labels, names, query.group_by_operation), std::move(series.column)});
  }
  sort_series(family.metrics);
  return family;
}

}  // namespace spm::reshape
