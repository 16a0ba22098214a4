#pragma once

#include <vector>

#include <prometheus/metric_family.h>

namespace spm::telemetry {

/// The process' own figures, read from the system now, under the names that every Prometheus client library uses.
/// What cannot be read is left out.
std::vector<prometheus::MetricFamily> process_metrics();

}  // namespace spm::telemetry
