#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/matrix.hpp>
#include <spm/promql/ast.hpp>

namespace spm::prometheus {

/// The most points a series that one query_range may ask for: (end - start) / step <= 11,000 and never more than that.
inline constexpr std::size_t kMaxPointsPerQuery = 11'000;

struct RangeQuery {
  RangeQuery(std::string promql, model::TimeGrid times) : text(std::move(promql)), grid(times) {}

  std::string text;
  model::TimeGrid grid;
};

struct RangeAnswer {
  model::Matrix matrix;
  std::vector<std::string>
      warnings;  ///< about the data (partial results); those about the query itself are only counted
};

struct InstantQuery {
  InstantQuery(std::string promql, std::optional<std::int64_t> time_ms) : text(std::move(promql)), at_ms(time_ms) {}

  std::string text;
  std::optional<std::int64_t> at_ms;  ///< empty: the store's now
};

struct Sample {
  model::LabelSet labels;
  double value = 0;
  std::int64_t at_ms = 0;  ///< the evaluation time, not the sample's own
};

/// A vector, or a scalar as one sample without labels.
struct InstantAnswer {
  std::vector<Sample> samples;
  std::vector<std::string> warnings;
};

/// What a question about label names or values looks at: the series that `selectors` match (PromQL selectors, any of
/// them; none: all series) and that have samples within the bounds.
struct Listing {
  std::vector<std::string> selectors;
  std::optional<std::int64_t> start_ms;
  std::optional<std::int64_t> end_ms;
};

struct ListAnswer {
  std::vector<std::string> values;    ///< as the store orders them
  std::vector<std::string> warnings;  ///< a list that was cut short says so here
};

/// Which program the store is, as far as it tells.
struct StoreIdentity {
  enum class Kind : std::uint8_t {
    prometheus_like,  ///< Prometheus, Thanos, Mimir, Cortex
    victoria_metrics
  };

  Kind kind = Kind::prometheus_like;
  std::string version;  ///< "2.42.0"; empty: unknown, which is no error
};

/// An answer that is passed on as it came.
struct RawAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// Raw series, as remote read streams them.
struct ChunkRead {
  std::int64_t from_ms = 0;  ///< both ends belong to it
  std::int64_t to_ms = 0;
  std::vector<promql::Matcher> matchers;  ///< `__name__` among them
};

/// Takes a body while it arrives.
class ByteSink {
 public:
  ByteSink() = default;
  ByteSink(const ByteSink&) = delete;
  ByteSink& operator=(const ByteSink&) = delete;
  virtual ~ByteSink() = default;

  /// The next bytes, valid during the call. No more are read from the network before it returns. An error ends the
  /// reading and is its outcome. Called on the read's own strand, never after the read has ended.
  virtual base::Result<void> take(std::string_view bytes) = 0;
};

/// The store, as everything above it sees it. A coroutine, so that a call can be cancelled by its caller at any time
/// (the upstream request is then cut off). Safe to call from any thread; resumes on the caller's executor.
class PrometheusClient {
 public:
  PrometheusClient() = default;
  PrometheusClient(const PrometheusClient&) = delete;
  PrometheusClient& operator=(const PrometheusClient&) = delete;
  virtual ~PrometheusClient() = default;

  /// One range query of at most kMaxPointsPerQuery points. `context` must outlive the call.
  virtual boost::asio::awaitable<base::Result<RangeAnswer>> query_range(RangeQuery query,
                                                                        const base::CallContext& context) = 0;

  /// One query at one time. What the store refuses (400 and 422: an unknown function, ...) is query_rejected, with its
  /// words. Samples that are only native histograms are left out with a warning.
  virtual boost::asio::awaitable<base::Result<InstantAnswer>> query(InstantQuery query,
                                                                    const base::CallContext& context) = 0;

  /// The values of one label, or the names of all labels, of some series. Answers over 4 MiB are answer_too_large.
  /// query_rejected: the store refuses the selectors (400, 422), or lacks the endpoint (405, or 404 in the words of its
  /// API). A 404 in other words is store_misbehaved: the URL's path is wrong.
  virtual boost::asio::awaitable<base::Result<ListAnswer>> label_values(std::string label, Listing of,
                                                                        const base::CallContext& context) = 0;
  virtual boost::asio::awaitable<base::Result<ListAnswer>> label_names(Listing of,
                                                                       const base::CallContext& context) = 0;

  /// Streams the chunks of series (remote read, STREAMED_XOR_CHUNKS) into `sink`. Returning well means that HTTP says
  /// the body was whole. Nothing is asked twice once bytes have reached the sink. Beside the errors of every call:
  /// query_rejected where the store does not stream chunks (any status but 200, 401, 403, 429 and 503, or another
  /// content type), rate_limited or overloaded on 429 and 503, answer_too_large over the settings' bytes.
  virtual boost::asio::awaitable<base::Result<void>> read_chunks(ChunkRead query, std::shared_ptr<ByteSink> sink,
                                                                 const base::CallContext& context) = 0;

  /// Asks for the buildinfo. A store that has none, or an odd one, is prometheus_like and of unknown version.
  virtual boost::asio::awaitable<base::Result<StoreIdentity>> identify(const base::CallContext& context) = 0;

  /// Sends a caller's own request on: `path` below the store's URL ("/api/v1/query"; letters, digits, '_', '-' and
  /// '/'), `form` already encoded, as POST. Parameters of the form that the settings or `context.store_parameters` name
  /// are taken out, in favour of those. Any status but 401, 403 and 3xx is an answer; 5xx are retried first.
  virtual boost::asio::awaitable<base::Result<RawAnswer>> forward(std::string path, std::string form,
                                                                  const base::CallContext& context) = 0;

  /// Grows whenever the store has ended a connection by itself: it may have been restarted since, as another version.
  virtual std::uint64_t ended_connections() const { return 0; }

  /// Whether the store answers at all, with this service's own credentials. For readiness.
  virtual boost::asio::awaitable<base::Result<void>> probe(base::Deadline deadline) = 0;
};

}  // namespace spm::prometheus
