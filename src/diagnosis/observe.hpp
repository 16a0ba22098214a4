#pragma once

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/diagnosis/diagnosis.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/schema/names_source.hpp>

#include "observations.hpp"

namespace spm::diagnosis {

/// Asks the store everything that findings are made of. Only cheap questions: single evaluations over counters of
/// calls, never over buckets, at the time of the newest sample. References outlive the coroutine.
boost::asio::awaitable<Observations> observe(prometheus::PrometheusClient& store, schema::NamesSource& names,
                                             const Options& options, std::int64_t now_ms,
                                             const base::CallContext& context);

}  // namespace spm::diagnosis
