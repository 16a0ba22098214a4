#pragma once

#include <cstddef>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/time_grid.hpp>
#include <spm/prometheus/client.hpp>

namespace spm::prometheus {

/// Consecutive parts of `grid`, none over `max_points`, as equal in size as can be: stores that shift the grids of long
/// queries (and not of short ones) must treat all parts alike.
std::vector<model::TimeGrid> split_grid(const model::TimeGrid& grid, std::size_t max_points);

/// How long ranges are read.
struct PieceOptions {
  std::size_t pieces = 1;           ///< of each query, to begin with; more where a piece would be too long
  std::size_t max_series = 20'000;  ///< of one joined answer, in which a series counts once
};

/// The answers to several range queries.
struct WholeRanges {
  std::vector<RangeAnswer> answers;  ///< in the order of the queries
  std::size_t requests = 0;          ///< that were made for them
};

/// Range queries of any length: pieces of at most kMaxPointsPerQuery, fetched at the same time and joined. A piece that
/// holds too many samples for the store is halved, again and again; the store's error comes out when one point is too
/// much, or when it would take too many requests. The first other error ends all pieces.
/// `client` and `context` must outlive the call; cancellation reaches every piece.
boost::asio::awaitable<base::Result<WholeRanges>> query_whole_ranges(PrometheusClient& client,
                                                                     std::vector<RangeQuery> queries,
                                                                     const base::CallContext& context,
                                                                     PieceOptions options);

/// The same for one query, whole at first.
boost::asio::awaitable<base::Result<RangeAnswer>> query_whole_range(PrometheusClient& client, RangeQuery query,
                                                                    const base::CallContext& context,
                                                                    std::size_t max_series = 20'000);

}  // namespace spm::prometheus
