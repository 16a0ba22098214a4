#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>

#include <spm/base/clock.hpp>
#include <spm/base/result.hpp>
#include <spm/cache/shelf.hpp>
#include <spm/config/settings.hpp>
#include <spm/diagnosis/diagnosis.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/promql/templates.hpp>
#include <spm/rates/rate_reader.hpp>
#include <spm/schema/discovery.hpp>
#include <spm/service/catalog.hpp>
#include <spm/service/forwarder.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/sharing/caller_kinds.hpp>
#include <spm/sharing/workers.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::app {

/// Everything between the doors and the store: one for each process that asks a store.
class Room {
 public:
  /// What the room stands on. All of it outlives the room.
  struct Ground {
    boost::asio::any_io_executor executor;
    std::size_t threads;  ///< that run it
    sharing::Workers& workers;
    const base::WallClock& clock;
    telemetry::Metrics& metrics;
    telemetry::Log& log;
  };

  /// Reads templates, credentials and certificates; asks the store nothing yet. The error names the setting.
  static base::Result<std::unique_ptr<Room>> build(const config::Settings& settings, const Ground& ground);

  /// The store as the settings let it be seen: with the enforced matchers in every question.
  prometheus::PrometheusClient& store() noexcept { return enforcing_ ? *enforcing_ : *http_client_; }
  schema::Discovery& names() noexcept { return *names_; }
  rates::RateReader& rates() noexcept { return *rates_; }
  service::MetricsService& metrics_service() noexcept { return kept_answers_ ? *kept_answers_ : *metrics_service_; }
  cache::Shelf* shelf() noexcept { return shelf_.get(); }  ///< null: nothing is kept
  service::Catalog& catalog() noexcept { return *catalog_; }
  service::Forwarder& forwarder() noexcept { return *forwarder_; }
  diagnosis::Diagnosis& diagnosis() noexcept { return *diagnosis_; }

 private:
  Room() = default;
  void keep_columns(const config::Settings& settings, const Ground& ground);
  void keep_answers(const config::Settings& settings, const Ground& ground);

  // In the order of construction; each may use the ones above it and is destroyed before them.
  std::unique_ptr<prometheus::PrometheusClient> http_client_;
  std::unique_ptr<prometheus::PrometheusClient> enforcing_;  ///< null: no matchers are enforced
  std::optional<promql::TemplateSet> templates_;
  std::unique_ptr<schema::Discovery> names_;
  std::unique_ptr<rates::ComparisonSubjects> comparison_subjects_;
  std::unique_ptr<rates::RateReader> rates_;
  const sharing::CallerKinds callers_;
  std::unique_ptr<cache::Shelf> shelf_;            ///< null, as what stands on it: nothing is kept
  std::unique_ptr<rates::RateSource> kept_rates_;  ///< before rates_
  std::unique_ptr<service::MetricsService> metrics_service_;
  std::unique_ptr<service::MetricsService> kept_answers_;  ///< before metrics_service_
  std::unique_ptr<service::Catalog> catalog_;
  std::unique_ptr<service::Forwarder> forwarder_;
  std::unique_ptr<diagnosis::Diagnosis> diagnosis_;
};

}  // namespace spm::app
