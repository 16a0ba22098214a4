#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/metric_names.hpp>
#include <spm/model/metric_query.hpp>
#include <spm/promql/builder.hpp>
#include <spm/promql/templates.hpp>
#include <spm/rates/rate_source.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/sharing/workers.hpp>

#include "answer_plan.hpp"

namespace spm::service {

/// Answers questions from rate columns: says which ones, and makes of them what the built-in templates mean, to the bit
/// what the store would answer.
class ColumnReader {
 public:
  /// `workers` compute what is large; null: nothing is.
  ColumnReader(const promql::TemplateSet& templates, rates::RateSource& source, std::size_t max_series,
               sharing::Workers* workers = nullptr)
      : templates_(templates),
        source_(source),
        max_series_(max_series),
        workers_(workers) {}

  /// nullopt: not from columns. A template was changed, the metric is a native histogram, or the source has none.
  /// Everything outlives the call.
  boost::asio::awaitable<base::Result<std::optional<MetricsAnswer>>> read(const std::vector<std::string>& services,
                                                                          const model::MetricQuery& query,
                                                                          const model::MetricNames& names,
                                                                          const promql::BuildOptions& options,
                                                                          const base::CallContext& context) const;

 private:
  using Outcome = base::Result<std::optional<MetricsAnswer>>;
  struct Asked;

  boost::asio::awaitable<Outcome> read_kind(Asked& asked, const base::CallContext& context) const;
  boost::asio::awaitable<Outcome> latencies_of(Asked& asked, const base::CallContext& context) const;
  boost::asio::awaitable<Outcome> calls_of(Asked& asked, const base::CallContext& context) const;
  boost::asio::awaitable<Outcome> errors_of(Asked& asked, const base::CallContext& context) const;
  boost::asio::awaitable<Outcome> errors_by_matchers(Asked& asked, const base::CallContext& context) const;
  bool templates_allow(const model::MetricQuery& query, bool errors_known) const;

  const promql::TemplateSet& templates_;
  rates::RateSource& source_;
  const std::size_t max_series_;  ///< of one answer
  sharing::Workers* const workers_;
};

}  // namespace spm::service
