#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/clock.hpp>
#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/rates/rate_source.hpp>
#include <spm/rates/rate_variant.hpp>
#include <spm/telemetry/log.hpp>
#include <spm/telemetry/metrics.hpp>

namespace spm::rates {

/// --store.read
enum class ReadMode : std::uint8_t {
  automatic,  ///< chunks where the store streams them and the comparison agrees, and nothing but the query decides
              ///< which data is seen; else PromQL
  promql,     ///< never chunks
  chunks,     ///< as automatic, also where parameters are sent with every query
  whole       ///< never columns, and the store is never compared: it answers every question as a whole
};

struct RateReaderOptions {
  ReadMode mode = ReadMode::automatic;
  /// Parameters go out with every query. A proxy may restrict queries by them and not know remote read.
  bool store_has_parameters = false;
  std::chrono::milliseconds patience{30'000};      ///< the longest that callers wait for an answer
  std::size_t max_pieces = 2;                      ///< of one read, side by side
  std::size_t max_series = 200'000;                ///< raw, of one read
  std::size_t max_samples = 500'000'000;           ///< raw, of one read
  std::size_t max_bytes = std::size_t{4} << 30U;   ///< of one read
  std::size_t max_cells = std::size_t{32} << 20U;  ///< groups times points of one read
  std::size_t max_groups = 20'000;                 ///< of one answer by PromQL
  std::chrono::milliseconds compare_every{300'000};
  std::chrono::milliseconds remember_absence{600'000};  ///< of remote read, and of agreement
  std::chrono::milliseconds second_look_after{1'000};   ///< before a disagreement counts

  /// Monotonic time; for tests.
  std::function<std::chrono::steady_clock::time_point()> monotonic = [] { return std::chrono::steady_clock::now(); };
};

/// What is known of how a store can be read.
struct ReaderStatus {
  enum class Chunks : std::uint8_t {
    undecided,  ///< not compared yet, or there was not enough data to tell
    agreed,     ///< in use
    disagreed,  ///< the store's own answers are others: off
    absent,     ///< no streamed remote read there
    disabled    ///< by the settings
  };
  Chunks chunks = Chunks::undecided;
  std::optional<RateVariant> variant;  ///< when agreed
  std::optional<BucketRepair> repair;  ///< empty: quantiles are left to the store
  std::string reason;                  ///< one sentence for people
};

/// "undecided", "agreed", ...
std::string_view name_of(ReaderStatus::Chunks state) noexcept;

/// Where a comparison can find data: a selector of counters in use.
struct ComparisonSubject {
  std::string metric;
  std::vector<promql::Matcher> matchers;
  std::vector<Grouping> groupings;    ///< that answers use
  std::optional<std::int64_t> to_ms;  ///< until when there is data; empty: until now
};

/// Names a subject when nobody has asked anything yet.
class ComparisonSubjects {
 public:
  ComparisonSubjects() = default;
  ComparisonSubjects(const ComparisonSubjects&) = delete;
  ComparisonSubjects& operator=(const ComparisonSubjects&) = delete;
  virtual ~ComparisonSubjects() = default;

  /// nullopt: the store has no data to compare with.
  virtual boost::asio::awaitable<base::Result<std::optional<ComparisonSubject>>> subject(
      const base::CallContext& context) = 0;
};

/// The RateSource that chooses for each read how it is done, and finds out what the store allows.
class RateReader : public RateSource {
 public:
  /// Compares at start and from time to time, until cancelled. To be spawned once, on a strand.
  virtual boost::asio::awaitable<void> run() = 0;
  /// Compares once, now. For a process that asks no more than that.
  virtual boost::asio::awaitable<void> compare() = 0;
  virtual ReaderStatus status() const = 0;
};

/// What the reader stands on. All of it outlives the reader.
struct RateReaderGround {
  prometheus::PrometheusClient& store;
  ComparisonSubjects& subjects;
  boost::asio::any_io_executor executor;  ///< an io_context's
  const base::WallClock& clock;
  telemetry::Metrics& metrics;
  telemetry::Log& log;
};

std::unique_ptr<RateReader> create_rate_reader(RateReaderOptions options, const RateReaderGround& ground);

}  // namespace spm::rates
