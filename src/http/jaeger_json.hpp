#pragma once

#include <string>
#include <string_view>

#include <spm/model/metric_family.hpp>

namespace spm::http {

/// Proto3 JSON of jaeger.api_v2.metrics.MetricFamily, compact. Written by hand because it is the hot path: one pass
/// into one buffer, timestamps formatted once for the grid, labels once a metric, shortest round-trip numbers.
std::string family_json(const model::MetricFamily& family);

/// Jaeger's error envelope.
std::string error_json(int code, std::string_view message);

/// The answer to minstep: one millisecond.
std::string min_step_json();

}  // namespace spm::http
