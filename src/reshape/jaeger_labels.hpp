#pragma once

#include <spm/model/matrix.hpp>
#include <spm/model/metric_names.hpp>

namespace spm::reshape {

/// The store's labels under Jaeger's names and in Jaeger's order: service_name first (the UI reads the first label as
/// the service), then operation when `with_operation` (empty where the series has none), then the others sorted.
model::LabelSet jaeger_labels(const model::LabelSet& labels, const model::MetricNames& names, bool with_operation);

/// Sorts the family's series by their labels, so that equal answers are equal bytes.
void sort_series(std::vector<model::Series>& series);

}  // namespace spm::reshape
