#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <spm/base/clock.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/schema/configured_names.hpp>
#include <spm/schema/names_source.hpp>
#include <spm/telemetry/log.hpp>

namespace spm::schema {

/// A family that the user writes out. What is empty is found out in the store.
struct CustomSchema {
  std::string calls;      ///< counter; empty: the histogram's count
  std::string histogram;  ///< without _bucket: "traces_spanmetrics_latency"; empty: there are no latencies
  std::string service_label;
  std::string operation_label;
  std::string kind_label;
  std::string status_label;
  std::optional<DurationUnit> unit;
  std::vector<std::string> error_values;
};

/// The names that --schema takes, in the order of the documentation.
std::vector<std::string_view> schema_names();
/// What a name of --schema stands for, or nothing.
std::optional<CustomSchema> schema_by_name(std::string_view name);

struct DiscoveryOptions {
  NamingOptions naming;                ///< what is given constrains what is found
  std::optional<CustomSchema> schema;  ///< named or written out; its names are then the only ones looked for
  /// --errors.matcher is given: which status means an error need not be found out.
  bool errors_given = false;
  /// False with enforced matchers: a store that refuses match[] is then never asked for all its names.
  bool allow_unfiltered_names = true;

  std::size_t max_known = 256;  ///< callers whose knowledge is kept
  std::chrono::seconds timeout{20};
  std::chrono::seconds refresh_every{300};
  std::chrono::seconds retry_every{15};  ///< of the background probe, while it has no good answer
  std::chrono::seconds after_empty_every{30};
  std::chrono::seconds look_for_errors_every{55};  ///< so that a first error shows within a minute

  /// Monotonic time; for tests.
  std::function<std::chrono::steady_clock::time_point()> monotonic = [] { return std::chrono::steady_clock::now(); };
};

/// Bounds of what a discovery looks at, Unix milliseconds. Empty: without bound.
struct TimeWindow {
  std::optional<std::int64_t> start_ms;
  std::optional<std::int64_t> end_ms;
};

/// Asks `store` once under which names it keeps span metrics: over the last hour before `now_ms`, where nothing is
/// found the last 48 hours, where nothing is found without bounds; or over `only`. References must outlive the
/// coroutine.
boost::asio::awaitable<base::Result<SchemaPtr>> discover(prometheus::PrometheusClient& store,
                                                         const DiscoveryOptions& options,
                                                         std::optional<TimeWindow> only, std::int64_t now_ms,
                                                         const base::CallContext& context);

/// Names found in the store and kept per caller: credentials and parameters that are sent on decide what a store shows.
/// Its coroutines expect a strand, or an io_context with one thread, as the caller's executor.
class Discovery : public NamesSource {
 public:
  /// Looks with the service's own credentials at once and then from time to time, until it is cancelled; then ends what
  /// is under way and starts nothing any more. To be spawned once.
  virtual boost::asio::awaitable<void> run() = 0;
};

/// `store`, `log` and `clock` must outlive the object and everything that runs on `executor`, an io_context's.
std::unique_ptr<Discovery> create_discovery(DiscoveryOptions options, prometheus::PrometheusClient& store,
                                            telemetry::Log& log, const base::WallClock& clock,
                                            boost::asio::any_io_executor executor);

}  // namespace spm::schema
