#pragma once

#include <string>
#include <vector>

#include <spm/diagnosis/report.hpp>
#include <spm/schema/store_schema.hpp>

namespace spm::diagnosis {

/// What Jaeger itself would need to read `family`.
JaegerSettings jaeger_settings(const schema::Family& family);

/// "milliseconds", "seconds", "microseconds", "nanoseconds".
std::string unit_name(const model::MetricNames& names);

}  // namespace spm::diagnosis
