#pragma once

#include <string>

#include <spm/model/metric_query.hpp>

namespace spm::service {

/// Equal for the same question of the same kind of caller, and for no other: all that the answer depends on. `caller`:
/// of sharing::CallerKinds.
std::string answer_key(const model::MetricQuery& query, bool wants_plan, const std::string& caller);

/// For people: "service_call_rate of frontend, 61 points of 60000 ms up to 1795141800000".
std::string about_question(const model::MetricQuery& query);

}  // namespace spm::service
