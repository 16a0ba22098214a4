#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/promql/ast.hpp>
#include <spm/schema/store_schema.hpp>
#include <spm/service/catalog.hpp>

namespace spm::service {

/// Values of labels of the series that count one family's calls. Safe from any thread.
class IndexReader {
 public:
  explicit IndexReader(prometheus::PrometheusClient& store) : store_(store) {}

  /// In no order; a value may come twice. Stores that cannot narrow such a list are asked by a query instead, which
  /// costs them more. References outlive the call.
  boost::asio::awaitable<base::Result<prometheus::ListAnswer>> values(const std::string& label,
                                                                      std::vector<promql::Matcher> matchers,
                                                                      const schema::StoreSchema& schema,
                                                                      const schema::Family& family, ListWindow window,
                                                                      const base::CallContext& context) const;

 private:
  boost::asio::awaitable<base::Result<prometheus::ListAnswer>> values_by_query(
      const std::string& label, const std::vector<std::string>& selectors, const schema::StoreSchema& schema,
      const schema::Family& family, ListWindow window, const base::CallContext& context) const;

  prometheus::PrometheusClient& store_;
};

}  // namespace spm::service
