#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::prometheus {

/// A client that speaks HTTP/1.1 to one store: pooled connections, TLS, bounded concurrency, retries, a breaker. A
/// function, because reading the credentials and certificates can fail: the error then names the setting.
///
/// `executor` is an io_context's (each call makes its own strand on it; any number of threads may run it). `metrics`
/// and `log` must outlive the client and every call in flight. Opens no connection.
base::Result<std::unique_ptr<PrometheusClient>> create_http_prometheus_client(StoreOptions options,
                                                                              boost::asio::any_io_executor executor,
                                                                              telemetry::Metrics& metrics,
                                                                              telemetry::Log& log);

}  // namespace spm::prometheus
