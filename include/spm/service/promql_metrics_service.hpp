#pragma once

#include <memory>

#include <spm/prometheus/client.hpp>
#include <spm/promql/templates.hpp>
#include <spm/schema/names_source.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::service {

/// Answers by PromQL: names, then templates, then the store, then reshaping. Keeps references; all must outlive it.
/// `max_series` bounds one answer.
std::unique_ptr<MetricsService> create_promql_metrics_service(schema::NamesSource& names,
                                                              const promql::TemplateSet& templates,
                                                              prometheus::PrometheusClient& store,
                                                              telemetry::Metrics& metrics, telemetry::Log& log,
                                                              std::size_t max_series);

}  // namespace spm::service
