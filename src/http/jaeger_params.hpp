#pragma once

#include <cstdint>

#include <spm/base/result.hpp>
#include <spm/model/metric_query.hpp>

#include "form.hpp"

namespace spm::http {

/// Jaeger's query parameters as a checked question. Where several are wrong, the one that Jaeger would name is named.
/// Errors are invalid_argument with Error::parameter.
base::Result<model::MetricQuery> read_metric_query(const Parameters& parameters, model::MetricKind kind,
                                                   std::int64_t now_ms);

/// Whether the answer is wanted indented: any value of prettyPrint but empty and `false`.
bool wants_pretty_print(const Parameters& parameters) noexcept;

}  // namespace spm::http
