#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/metric_names.hpp>
#include <spm/model/metric_query.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/promql/builder.hpp>
#include <spm/promql/templates.hpp>
#include <spm/service/metrics_service.hpp>

namespace spm::service {

/// Reads the answer to one question under known names by PromQL: builds its queries, fetches them, reshapes what comes.
class WholeReader {
 public:
  WholeReader(const promql::TemplateSet& templates, prometheus::PrometheusClient& store, std::size_t max_series)
      : templates_(templates),
        store_(store),
        max_series_(max_series) {}

  /// Everything outlives the call.
  boost::asio::awaitable<base::Result<MetricsAnswer>> read(const std::vector<std::string>& services,
                                                           const model::MetricQuery& query,
                                                           const model::MetricNames& names,
                                                           const promql::BuildOptions& options,
                                                           const base::CallContext& context) const;

 private:
  using Services = std::vector<std::string>;

  boost::asio::awaitable<base::Result<MetricsAnswer>> rates_of_errors(const Services& services,
                                                                      const model::MetricQuery& query,
                                                                      const model::MetricNames& names,
                                                                      const promql::BuildOptions& options,
                                                                      const base::CallContext& context) const;
  boost::asio::awaitable<base::Result<MetricsAnswer>> zeros(const Services& services, const model::MetricQuery& query,
                                                            const model::MetricNames& names,
                                                            const promql::BuildOptions& options,
                                                            const base::CallContext& context) const;
  boost::asio::awaitable<base::Result<prometheus::RangeAnswer>> fetch(std::string text, model::TimeGrid grid,
                                                                      const base::CallContext& context) const;

  const promql::TemplateSet& templates_;
  prometheus::PrometheusClient& store_;
  const std::size_t max_series_;
};

}  // namespace spm::service
