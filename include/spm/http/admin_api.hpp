#pragma once

#include <spm/http/handler.hpp>
#include <spm/http/readiness.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::http {

/// The admin port: /livez, /readyz, /metrics.
class AdminApi final : public Handler {
 public:
  AdminApi(const Readiness& readiness, const telemetry::Metrics& metrics);

  boost::asio::awaitable<Response> handle(const Request& request) override;
  Response refuse(const RequestHead& head, const base::Error& error) const override;

 private:
  const Readiness& readiness_;
  const telemetry::Metrics& metrics_;
};

}  // namespace spm::http
