#pragma once

#include <memory>

#include <spm/base/clock.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/rates/rate_reader.hpp>
#include <spm/schema/names_source.hpp>

namespace spm::service {

/// Subjects out of the span metrics that were found: the calls of one service, enough series to tell ways of adding up
/// apart and few enough to be cheap. All references outlive it and every call.
std::unique_ptr<rates::ComparisonSubjects> create_comparison_subjects(schema::NamesSource& names,
                                                                      prometheus::PrometheusClient& store,
                                                                      const base::WallClock& clock);

}  // namespace spm::service
