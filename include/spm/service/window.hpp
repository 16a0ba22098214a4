#pragma once

#include <cstdint>

#include <spm/model/metric_query.hpp>

namespace spm::service {

/// `query` with its window moved back to whole steps, by less than one step, where it may be moved and ends within a
/// step of `now_ms` and has more than one point. The number of points stays.
model::MetricQuery aligned(model::MetricQuery query, std::int64_t now_ms);

}  // namespace spm::service
