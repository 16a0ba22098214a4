#pragma once

#include <string>

#include <spm/rates/rate_query.hpp>

namespace spm::rates {

/// The PromQL for one part of `query`, in Prometheus' spelling: as a tree the very `sum(rate(...)) by (...)` that
/// stands inside the built-in templates.
std::string rate_text(const RateQuery& query, const RatePart& part);

}  // namespace spm::rates
