#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <spm/schema/configured_names.hpp>
#include <spm/schema/store_schema.hpp>

#include "metric_name_parts.hpp"

namespace spm::schema {

/// The finite bounds among values of `le`, sorted. What is no number is left out.
std::vector<double> finite_bounds(std::span<const std::string> le_values);

struct LatencyUnit {
  double to_milliseconds = 1;
  UnitSource source = UnitSource::assumed;
};

/// The unit of a histogram: by its name, by who writes it, by its bounds (sorted, over all series), by the user's
/// setting, or milliseconds. `operation_label` tells producers apart that share a name.
LatencyUnit infer_unit(const HistogramName& histogram, std::string_view operation_label, std::span<const double> bounds,
                       std::optional<DurationUnit> setting);

}  // namespace spm::schema
