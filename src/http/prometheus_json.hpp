#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <spm/model/matrix.hpp>

namespace spm::http {

// Prometheus' JSON, byte for byte as its own encoder writes it: order of members, numbers as strings, times with as
// many decimals as they need.

using Warnings = std::vector<std::string>;

/// One pass into one buffer; times are written once for the grid. Points that are absent are left out.
std::string matrix_json(const model::Matrix& matrix, const Warnings& warnings);
/// The first point of each series at its time.
std::string vector_json(const model::Matrix& matrix, const Warnings& warnings);
std::string scalar_json(double value, std::int64_t at_ms);
std::string strings_json(const std::vector<std::string>& values, const Warnings& warnings);
std::string series_json(const std::vector<model::LabelSet>& series, const Warnings& warnings);
/// `data` is JSON already.
std::string success_json(std::string_view data, const Warnings& warnings);
std::string prometheus_error_json(std::string_view error_type, std::string_view message);

/// "0.5", "1e-07", "+Inf", "NaN".
std::string prometheus_number(double value);
/// "1795141800.123"
std::string prometheus_time(std::int64_t unix_ms);

}  // namespace spm::http
