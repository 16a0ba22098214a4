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

/// A range query of any length: pieces of at most kMaxPointsPerQuery, fetched at the same time and joined. The first
/// error ends the other pieces. `client` and `context` must outlive the call; cancellation reaches every piece.
/// `max_series` bounds the joined answer, in which a series counts once.
boost::asio::awaitable<base::Result<RangeAnswer>> query_whole_range(PrometheusClient& client, RangeQuery query,
                                                                    const base::CallContext& context,
                                                                    std::size_t max_series = 20'000);

}  // namespace spm::prometheus
