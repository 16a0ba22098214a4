#pragma once

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/metric_query.hpp>
#include <spm/model/time_grid.hpp>
#include <spm/schema/store_schema.hpp>

namespace spm::schema {

/// Tells under which names the store keeps what is asked for. Coroutines, because finding out asks the store. Safe from
/// any thread. `context` must outlive each call.
class NamesSource {
 public:
  NamesSource() = default;
  NamesSource(const NamesSource&) = delete;
  NamesSource& operator=(const NamesSource&) = delete;
  virtual ~NamesSource() = default;

  /// What is known for this caller; never null. Waits for a discovery under way, at most until the caller's deadline.
  /// `kind` is what the caller will ask: error rates need to know what an error looks like, which can change.
  virtual boost::asio::awaitable<base::Result<SchemaPtr>> schema(model::MetricKind kind,
                                                                 const base::CallContext& context) = 0;

  /// The answer under `used` over `asked` was empty. May look again (rarely: an unknown service is empty, too). Null:
  /// nothing has changed; else what to ask with once more.
  virtual boost::asio::awaitable<base::Result<SchemaPtr>> after_empty(SchemaPtr used, model::TimeGrid asked,
                                                                      const base::CallContext& context) = 0;
};

}  // namespace spm::schema
