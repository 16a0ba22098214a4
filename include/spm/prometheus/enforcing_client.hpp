#pragma once

#include <memory>
#include <vector>

#include <spm/prometheus/client.hpp>
#include <spm/promql/ast.hpp>

namespace spm::prometheus {

/// A client that puts `matchers` into every selector of everything it hands to `store`: queries, listings, whatever
/// there will be. The one place where matchers are enforced, so that nothing above it can forget them. What it cannot
/// read as PromQL (in Prometheus' spelling or VictoriaMetrics') is refused (internal) and never sent; forward() is
/// refused always (query_rejected). What goes out is this service's own writing of what was read, in the spelling that
/// it came in; once identify() has told VictoriaMetrics, in that one. `store` must outlive it.
std::unique_ptr<PrometheusClient> create_enforcing_client(PrometheusClient& store,
                                                          std::vector<promql::Matcher> matchers);

}  // namespace spm::prometheus
