#include "stores_limit.hpp"

#include <string>

#include <gtest/gtest.h>

namespace spm::prometheus {
namespace {

using base::Error;
using base::ErrorKind;

Error rejected(const std::string& words) {
  return {ErrorKind::query_rejected, "the metrics store rejected the query: " + words};
}

TEST(StoresLimit, KnowsTheWordsOfEachStore) {
  for (const char* words : {
           // Prometheus 2.42 and 3.x, Thanos, Cortex; Mimir with Prometheus' engine
           "query processing would load too many samples into memory in query execution",
           // Prometheus, where a subquery is too much
           "query processing would load too many samples into memory in expression evaluation",
           // Mimir
           "expanding series: the query exceeded the maximum number of chunks (limit: 2000000 chunks) "
           "(err-mimir-max-chunks-per-query). Consider reducing the time range and/or number of series selected by the "
           "query.",
           "the estimated number of chunks for the query exceeded the maximum allowed (limit: 9 chunks) "
           "(err-mimir-max-estimated-chunks-per-query)",
           "the query exceeded the aggregated chunks size limit (limit: 9 bytes) "
           "(err-mimir-max-chunks-bytes-per-query)",
           "the query exceeded the maximum allowed estimated amount of memory consumed by a single query (limit: 11 "
           "bytes) (err-mimir-max-estimated-memory-consumption-per-query)",
           // Cortex
           "the query hit the max number of chunks limit (limit: 2000000 chunks)",
           "the query hit the aggregated chunks size limit (limit: 9 bytes)",
           "the query hit the aggregated data size limit (limit: 9 bytes)",
           // VictoriaMetrics
           "cannot select more than -search.maxSamplesPerQuery=1000000000 samples; possible solutions: to increase the "
           "-search.maxSamplesPerQuery; to reduce time range for the query",
       }) {
    EXPECT_TRUE(is_over_the_stores_limit(rejected(words))) << words;
  }
}

TEST(StoresLimit, LeavesOtherRefusalsAlone) {
  for (const char* words : {
           "unknown function with name \"x\"",
           "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution",
           "the query exceeded the maximum number of series (limit: 1 series) (err-mimir-max-series-per-query)",
           "the query hit the max number of series limit (limit: 1 series)",
           "query timed out in query execution",
       }) {
    EXPECT_FALSE(is_over_the_stores_limit(rejected(words))) << words;
  }
}

TEST(StoresLimit, IsARefusal) {
  const std::string words = "query processing would load too many samples into memory in query execution";
  EXPECT_FALSE(is_over_the_stores_limit(Error(ErrorKind::store_misbehaved, words)));
}

}  // namespace
}  // namespace spm::prometheus
