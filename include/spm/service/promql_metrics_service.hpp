#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <spm/prometheus/client.hpp>
#include <spm/promql/ast.hpp>
#include <spm/promql/templates.hpp>
#include <spm/rates/rate_source.hpp>
#include <spm/schema/names_source.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/sharing/workers.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::service {

struct MetricsServiceOptions {
  std::size_t max_series = 20'000;  ///< of one answer
  /// What makes a call an error, in place of the status label: all of them together. Empty: the status label tells.
  std::vector<promql::Matcher> error_matchers;
};

/// Names first; then the rate columns, or the store's whole answer to a template; then reshaping. Keeps references; all
/// must outlive it. `workers` compute what is large; null: the calling thread computes everything.
std::unique_ptr<MetricsService> create_promql_metrics_service(
    schema::NamesSource& names, const promql::TemplateSet& templates, rates::RateSource& rates,
    prometheus::PrometheusClient& store, telemetry::Metrics& metrics, telemetry::Log& log,
    MetricsServiceOptions options, sharing::Workers* workers = nullptr);

}  // namespace spm::service
