#pragma once

#include <string>

#include <spm/base/result.hpp>
#include <spm/model/metric_family.hpp>
#include <spm/model/metric_query.hpp>
#include <spm/promql/jaeger_query.hpp>

namespace spm::http {

/// A recognised query over `grid` as the question behind every door; all readings of its services in one. Errors are
/// invalid_argument about `query`.
base::Result<model::MetricQuery> metric_query(const promql::JaegerQuery& asked, const model::TimeGrid& grid);

/// The answer to it under the labels that `asked` groups by, sorted as Prometheus sorts. Keeps the series of the best
/// reading of the services only.
model::Matrix relabelled(model::MetricFamily family, const promql::JaegerQuery& asked);

/// Why an answer without series may be empty, for the caller.
std::string nothing_found(const promql::JaegerQuery& asked);

/// What a query must look like to be answered, for callers whose query is not.
std::string what_is_answered();

}  // namespace spm::http
