#pragma once

#include <string>

#include <spm/model/matrix.hpp>
#include <spm/model/metric_family.hpp>
#include <spm/model/metric_names.hpp>
#include <spm/model/metric_query.hpp>

namespace spm::reshape {

/// "service_operation_latencies", "service_call_rate", ...
std::string family_name(const model::MetricQuery& query);

/// "0.95th quantile latency, grouped by service & operation", ... The quantile has two decimals, more when it needs
/// them.
std::string family_help(const model::MetricQuery& query);

/// What the store answered for `query`, as Jaeger's family: labels renamed from the store's names to service_name and
/// operation and put in Jaeger's order, series sorted by them. A series without any point is left out.
model::MetricFamily to_family(const model::MetricQuery& query, const model::MetricNames& names, model::Matrix matrix);

/// Error rates: every point of `ratios` (errors / calls) as it is, and 0 at every other timestamp where `calls` has a
/// point. Jaeger leaves those out, so that a service that never fails shows a gap instead of 0 %.
model::MetricFamily to_error_rate_family(const model::MetricQuery& query, const model::MetricNames& names,
                                         const model::Matrix& ratios, const model::Matrix& calls);

}  // namespace spm::reshape
