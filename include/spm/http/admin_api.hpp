#pragma once

#include <spm/cache/mode.hpp>
#include <spm/cache/shelf.hpp>
#include <spm/http/handler.hpp>
#include <spm/http/readiness.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::http {

/// The admin port: /livez, /readyz, /metrics, and /api/spm/cache (GET: what is kept; POST {"clear":true}: drop it).
class AdminApi final : public Handler {
 public:
  /// `shelf` null: nothing is kept. All references and pointers outlive this object.
  AdminApi(const Readiness& readiness, const telemetry::Metrics& metrics, cache::Shelf* shelf = nullptr,
           cache::CacheMode mode = cache::CacheMode::off);

  std::size_t body_limit(const RequestHead& head) const noexcept override;
  boost::asio::awaitable<Response> handle(const Request& request) override;
  Response refuse(const RequestHead& head, const base::Error& error) const override;

 private:
  const Readiness& readiness_;
  const telemetry::Metrics& metrics_;
  cache::Shelf* const shelf_;
  const cache::CacheMode mode_;
};

}  // namespace spm::http
