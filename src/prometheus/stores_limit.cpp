#include "stores_limit.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace spm::prometheus {
namespace {

/// The stores' own words. A status tells nothing: all of them use that of a wrong query.
constexpr std::array<std::string_view, 9> kWords = {
    // Prometheus of every version, and Thanos, Cortex and Mimir, which run its engine.
    "query processing would load too many samples into memory",
    // Mimir
    "err-mimir-max-estimated-memory-consumption-per-query",
    "err-mimir-max-chunks-per-query",
    "err-mimir-max-estimated-chunks-per-query",
    "err-mimir-max-chunks-bytes-per-query",
    // Cortex
    "the query hit the max number of chunks limit",
    "the query hit the aggregated chunks size limit",
    "the query hit the aggregated data size limit",
    // VictoriaMetrics
    "cannot select more than -search.maxSamplesPerQuery",
};

}  // namespace

bool is_over_the_stores_limit(const base::Error& error) {
  if (error.kind != base::ErrorKind::query_rejected) return false;
  return std::ranges::any_of(kWords,
                             [&](std::string_view words) { return error.message.find(words) != std::string::npos; });
}

}  // namespace spm::prometheus
