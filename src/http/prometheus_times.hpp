#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <spm/base/result.hpp>
#include <spm/model/time_grid.hpp>

#include "prometheus_form.hpp"

namespace spm::http {

// Times as Prometheus' API takes them. Errors are invalid_argument and name the parameter.

/// Unix milliseconds from float seconds or RFC 3339, rounded to the nearest. Within the years 1 to 9999.
base::Result<std::int64_t> parse_prometheus_time(std::string_view name, std::string_view text);

/// Milliseconds from float seconds or a duration ("15s", "1m30s"), rounded to the nearest; more than 0.
base::Result<std::int64_t> parse_prometheus_duration(std::string_view name, std::string_view text);

/// The parameter as a time; nullopt: it is not there.
base::Result<std::optional<std::int64_t>> optional_time(const PrometheusForm& form, std::string_view name);

/// The grid of start, end and step.
base::Result<model::TimeGrid> read_grid(const PrometheusForm& form);

}  // namespace spm::http
