#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/metric_query.hpp>
#include <spm/promql/ast.hpp>
#include <spm/schema/store_schema.hpp>
#include <spm/service/catalog.hpp>

#include "label_finder.hpp"

namespace spm::service {

/// Turns the keys that callers write into labels of the store's metrics. Safe from any thread.
class TagFilter {
 public:
  explicit TagFilter(prometheus::PrometheusClient& store) : finder_(store) {}

  /// Matchers for the query's tags. A key that means no label of the metrics in question is invalid_argument about
  /// `tag`. Both references outlive the call; so does the family.
  boost::asio::awaitable<base::Result<std::vector<promql::Matcher>>> matchers(const model::MetricQuery& query,
                                                                              const schema::StoreSchema& schema,
                                                                              const schema::Family& family,
                                                                              const base::CallContext& context);

  /// The label of the calls that `key` means; invalid_argument about `key` where there is none.
  boost::asio::awaitable<base::Result<std::string>> call_label(std::string key, const schema::StoreSchema& schema,
                                                               const schema::Family& family, ListWindow window,
                                                               const base::CallContext& context);

 private:
  struct Question;
  boost::asio::awaitable<base::Result<std::vector<std::string>>> resolve(const std::vector<std::string>& keys,
                                                                         const Question& question,
                                                                         const base::CallContext& context);

  LabelFinder finder_;
};

}  // namespace spm::service
