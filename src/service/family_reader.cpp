#include "family_reader.hpp"

#include <optional>
#include <utility>

namespace spm::service {

boost::asio::awaitable<base::Result<MetricsAnswer>> FamilyReader::read(const std::vector<std::string>& services,
                                                                       const model::MetricQuery& query,
                                                                       const model::MetricNames& names,
                                                                       const promql::BuildOptions& options,
                                                                       const base::CallContext& context) const {
  base::Result<std::optional<MetricsAnswer>> made = co_await columns_.read(services, query, names, options, context);
  if (!made) co_return base::fail(std::move(made.error()));
  if (*made) co_return std::move(**made);
  co_return co_await whole_.read(services, query, names, options, context);
}

}  // namespace spm::service
