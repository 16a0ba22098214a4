#pragma once

#include <string>
#include <utility>
#include <vector>

#include <spm/base/deadline.hpp>
#include <spm/prometheus/client.hpp>

namespace spm::prometheus {

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// application/x-www-form-urlencoded, in the given order.
std::string encode_form(const Parameters& parameters);

/// The form of /api/v1/query_range: exact times, and the time left as Prometheus' own timeout.
std::string range_form(const RangeQuery& query, std::chrono::milliseconds timeout, const Parameters& extra);

/// The form of the smallest query there is, for probe().
std::string probe_form(std::chrono::milliseconds timeout, const Parameters& extra);

}  // namespace spm::prometheus
