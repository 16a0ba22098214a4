#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "column_reader.hpp"
#include "whole_reader.hpp"

namespace spm::service {

/// Reads the answer to one question under known names: from rate columns where that is possible, else by asking the
/// store for the whole answer.
class FamilyReader {
 public:
  FamilyReader(const promql::TemplateSet& templates, rates::RateSource& rates, prometheus::PrometheusClient& store,
               std::size_t max_series, sharing::Workers* workers)
      : columns_(templates, rates, max_series, workers),
        whole_(templates, store, max_series) {}

  /// Everything outlives the call.
  boost::asio::awaitable<base::Result<MetricsAnswer>> read(const std::vector<std::string>& services,
                                                           const model::MetricQuery& query,
                                                           const model::MetricNames& names,
                                                           const promql::BuildOptions& options,
                                                           const base::CallContext& context) const;

 private:
  const ColumnReader columns_;
  const WholeReader whole_;
};

}  // namespace spm::service
