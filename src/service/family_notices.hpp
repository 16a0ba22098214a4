#pragma once

#include <optional>
#include <vector>

#include <spm/model/metric_query.hpp>
#include <spm/schema/store_schema.hpp>
#include <spm/service/metrics_service.hpp>

namespace spm::service {

/// What the metrics lack for this question, so that the answer does not mean what it seems to.
/// `errors_by_setting`: a setting says what an error is, the status label does not matter.
std::vector<Notice> family_notices(const schema::Family& family, const model::MetricQuery& query,
                                   bool errors_by_setting);

/// Why nothing can be answered at all: no family, or none with what this question needs. nullopt: it can.
std::optional<Notice> why_nothing(const schema::StoreSchema& schema, const model::MetricQuery& query);

}  // namespace spm::service
