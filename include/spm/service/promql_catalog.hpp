#pragma once

#include <memory>

#include <spm/base/clock.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/schema/names_source.hpp>
#include <spm/service/catalog.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::service {

/// Lists by questions that a store answers from its index alone: values and names of labels of the calls metric, never
/// series, never buckets. Keeps references; all must outlive it.
std::unique_ptr<Catalog> create_promql_catalog(schema::NamesSource& names, prometheus::PrometheusClient& store,
                                               const base::WallClock& clock, telemetry::Metrics& metrics,
                                               telemetry::Log& log);

}  // namespace spm::service
