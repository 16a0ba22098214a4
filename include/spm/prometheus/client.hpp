#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/matrix.hpp>

namespace spm::prometheus {

/// The most points a series that one query_range may ask for: (end - start) / step <= 11,000 and never more than that.
inline constexpr std::size_t kMaxPointsPerQuery = 11'000;

struct RangeQuery {
  RangeQuery(std::string promql, model::TimeGrid times) : text(std::move(promql)), grid(times) {}

  std::string text;
  model::TimeGrid grid;
};

struct RangeAnswer {
  model::Matrix matrix;
  std::vector<std::string>
      warnings;  ///< about the data (partial results); those about the query itself are only counted
};

/// The store, as everything above it sees it. A coroutine, so that a call can be cancelled by its caller at any time
/// (the upstream request is then cut off). Safe to call from any thread; resumes on the caller's executor.
class PrometheusClient {
 public:
  PrometheusClient() = default;
  PrometheusClient(const PrometheusClient&) = delete;
  PrometheusClient& operator=(const PrometheusClient&) = delete;
  virtual ~PrometheusClient() = default;

  /// One range query of at most kMaxPointsPerQuery points. `context` must outlive the call.
  virtual boost::asio::awaitable<base::Result<RangeAnswer>> query_range(RangeQuery query,
                                                                        const base::CallContext& context) = 0;

  /// Whether the store answers at all, with this service's own credentials. For readiness.
  virtual boost::asio::awaitable<base::Result<void>> probe(base::Deadline deadline) = 0;
};

}  // namespace spm::prometheus
