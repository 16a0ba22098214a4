#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <spm/base/clock.hpp>
#include <spm/http/handler.hpp>
#include <spm/http/readiness.hpp>
#include <spm/service/metrics_service.hpp>

namespace spm::http {

struct JaegerApiOptions {
  std::string base_path = "/";                      ///< "/" or "/jaeger"
  std::chrono::milliseconds query_timeout{30'000};  ///< for one request, from its last byte to its answer's first
  bool bearer_token_propagation = false;            ///< hand the caller's token on to the store
  bool always_500 = false;                          ///< as Jaeger does: whatever the store did, the status is 500
  std::size_t max_in_flight = 512;                  ///< metrics requests at once; more are answered 503
  std::vector<std::string> cors_origins;            ///< exact origins, or "*"; empty: no CORS
  std::vector<Header> additional_headers;           ///< put on every answer
};

/// Jaeger's metrics HTTP API: {base}/api/metrics/{latencies,calls,errors,minstep}, /livez and /readyz.
class JaegerApi final : public Handler {
 public:
  /// `service` null: no store is configured, every query is answered 501. All references outlive this object.
  JaegerApi(JaegerApiOptions options, service::MetricsService* service, const Readiness& readiness,
            const base::WallClock& clock);

  boost::asio::awaitable<Response> handle(const Request& request) override;
  Response refuse(const base::Error& error) const override;

 private:
  struct Route;
  Route route_of(const RequestHead& head) const;
  boost::asio::awaitable<Response> answer_query(const Request& request, Route route);
  Response answer_notices(const service::MetricsAnswer& answer, std::string body);
  void finish(const RequestHead& head, bool cors_route, Response& response) const;

  const JaegerApiOptions options_;
  service::MetricsService* const service_;
  const Readiness& readiness_;
  const base::WallClock& clock_;
  std::atomic<std::size_t> in_flight_ = 0;
};

}  // namespace spm::http
