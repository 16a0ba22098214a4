#pragma once

#include <string>
#include <vector>

#include <spm/model/matrix.hpp>

namespace spm::model {

/// Jaeger's answer (jaeger.api_v2.metrics.MetricFamily) as columns. Its type is always GAUGE.
struct MetricFamily {
  std::string name;  ///< "service_operation_latencies"
  std::string help;
  TimeGrid grid;                ///< of every metric
  std::vector<Series> metrics;  ///< labels: service_name, then operation, then others sorted; series sorted by labels
};

}  // namespace spm::model
