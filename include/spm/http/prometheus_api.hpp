#pragma once

#include <string>
#include <vector>

#include <spm/base/clock.hpp>
#include <spm/http/api.hpp>
#include <spm/http/readiness.hpp>
#include <spm/service/catalog.hpp>
#include <spm/service/forwarder.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/sharing/workers.hpp>

namespace spm::http {

struct PrometheusApiOptions {
  /// Queries that are not recognised go to the store as they are; else 422. Never together with matchers_enforced.
  bool forward_other_queries = false;
  /// Matchers or tenants are enforced: a parameter that the store might read as another tenant's is refused.
  bool matchers_enforced = false;
  /// Parameters that are let through all the same.
  std::vector<std::string> pass_parameters;
  std::size_t max_form_bytes = std::size_t{1} << 20U;
};

/// What a stock Jaeger, Grafana and other clients of Prometheus need of Prometheus' API: queries that ask what the
/// Monitor tab asks, under whatever metric names, lists for variables, and what tells that there is a server. Errors
/// are 422 with Prometheus' body, whatever they are: Jaeger shows the words of no other.
class PrometheusApi final : public Api {
 public:
  /// `service`, `catalog` and `forwarder` null: no store is configured. `workers` write what is large; null: the
  /// calling thread does. All references and pointers outlive this object.
  PrometheusApi(PrometheusApiOptions options, service::MetricsService* service, service::Catalog* catalog,
                service::Forwarder* forwarder, const Readiness& readiness, const base::WallClock& clock,
                sharing::Workers* workers = nullptr);

  std::optional<Route> find(const RoutePath& path) const override;
  boost::asio::awaitable<Response> answer(Route route, const Request& request, base::CallContext& context) override;
  Response failure(const base::Error& error) const override;

 private:
  boost::asio::awaitable<Response> answer_query(Route route, const Request& request, base::CallContext& context);
  boost::asio::awaitable<Response> answer_list(Route route, const Request& request, base::CallContext& context);

  const PrometheusApiOptions options_;
  service::MetricsService* const service_;
  service::Catalog* const catalog_;
  service::Forwarder* const forwarder_;
  const Readiness& readiness_;
  const base::WallClock& clock_;
  sharing::Workers* const workers_;
};

}  // namespace spm::http
