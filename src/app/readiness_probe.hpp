#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include <boost/asio/awaitable.hpp>

#include <spm/http/readiness.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::app {

/// Asks the store from time to time whether it answers, and tells /readyz, gRPC health, /metrics and the log.
class ReadinessProbe final : public http::Readiness {
 public:
  /// `store` null: no store is configured, which is a state to be ready in. The references outlive this object.
  ReadinessProbe(prometheus::PrometheusClient* store, telemetry::Metrics& metrics, telemetry::Log& log);

  /// Called with every change of readiness, from the thread that found it. Set before run().
  void on_change(std::function<void(bool ready)> listener);

  /// Adds a line to every report, made anew each time. Set before run(); called from any thread.
  void tell_also(std::function<std::string()> detail);

  /// Probes until it is cancelled.
  boost::asio::awaitable<void> run();

  /// Not ready from now on, whatever the store says.
  void begin_shutdown();

  http::ReadinessReport report() const override;

 private:
  boost::asio::awaitable<void> probe_once();
  void set(bool ready, std::string reason);

  prometheus::PrometheusClient* const store_;
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  std::function<void(bool)> listener_;
  std::function<std::string()> detail_;

  mutable std::mutex mutex_;
  http::ReadinessReport report_;  ///< guarded by mutex_
  bool shutting_down_ = false;    ///< guarded by mutex_
};

}  // namespace spm::app
