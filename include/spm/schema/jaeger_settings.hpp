#pragma once

#include <string>
#include <vector>

#include <spm/schema/store_schema.hpp>

namespace spm::schema {

/// The PROMETHEUS_QUERY_* settings that spell out a family's names, "PROMETHEUS_QUERY_NAMESPACE=x" and so on. Empty:
/// no settings do, see why_not_jaeger().
std::vector<std::string> settings_for(const model::MetricNames& names);

/// Why a Jaeger that asks the store itself could not read this family whatever its settings are, in one sentence.
/// Empty: with settings_for() it could.
std::string why_not_jaeger(const Family& family);

}  // namespace spm::schema
