#pragma once

#include <spm/base/clock.hpp>
#include <spm/http/api.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/sharing/workers.hpp>

namespace spm::http {

/// Jaeger's metrics HTTP API: api/metrics/{latencies,calls,errors,minstep}.
class JaegerApi final : public Api {
 public:
  /// `service` null: no store is configured, every query is answered 501. `always_500`: as Jaeger does, whatever the
  /// store did, the status is 500. `workers` write what is large; null: the calling thread does. All references and
  /// pointers outlive this object.
  JaegerApi(service::MetricsService* service, const base::WallClock& clock, bool always_500,
            sharing::Workers* workers = nullptr);

  std::optional<Route> find(const RoutePath& path) const override;
  boost::asio::awaitable<Response> answer(Route route, const Request& request, base::CallContext& context) override;
  Response failure(const base::Error& error) const override;

 private:
  service::MetricsService* const service_;
  const base::WallClock& clock_;
  const bool always_500_;
  sharing::Workers* const workers_;
};

}  // namespace spm::http
