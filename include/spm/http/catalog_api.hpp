#pragma once

#include <spm/http/api.hpp>
#include <spm/service/catalog.hpp>

namespace spm::http {

/// Lists read from the metrics, in the shapes of Jaeger's own: api/services, api/services/{service}/operations,
/// api/operations?service=, api/metrics/attributes?key=.
class CatalogApi final : public Api {
 public:
  /// `catalog` null: no store is configured, every list is answered 501. It outlives this object.
  explicit CatalogApi(service::Catalog* catalog);

  std::optional<Route> find(const RoutePath& path) const override;
  boost::asio::awaitable<Response> answer(Route route, const Request& request, base::CallContext& context) override;
  Response failure(const base::Error& error) const override;

 private:
  service::Catalog* const catalog_;
};

}  // namespace spm::http
