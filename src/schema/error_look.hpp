#pragma once

#include <cstdint>

#include <spm/schema/discovery.hpp>

namespace spm::schema {

/// Whether error rates under this schema rest on guesses: no status label, or no error seen yet.
bool errors_unknown(const StoreSchema& schema, const DiscoveryOptions& options) noexcept;

/// Looks again for what an error looks like, with one or two cheap questions; a whole discovery only where a status
/// label has come that was not there before. The outcome is `known` itself where nothing has changed. References must
/// outlive the coroutine.
boost::asio::awaitable<base::Result<SchemaPtr>> look_for_errors(prometheus::PrometheusClient& store,
                                                                const DiscoveryOptions& options, SchemaPtr known,
                                                                std::int64_t now_ms, const base::CallContext& context);

}  // namespace spm::schema
