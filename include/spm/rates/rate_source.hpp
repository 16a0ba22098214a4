#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/matrix.hpp>
#include <spm/rates/quantile.hpp>
#include <spm/rates/rate_query.hpp>

namespace spm::rates {

/// What stood between the store and an answer.
enum class ReadWay : std::uint8_t {
  chunks,  ///< rates computed here from raw chunks
  promql   ///< rates computed by the store
};

/// "chunks", "promql"
std::string_view name_of(ReadWay way) noexcept;

/// What a cache had to do with a read.
enum class Reuse : std::uint8_t {
  none,     ///< nothing: there is no cache, or it was passed by
  miss,     ///< nothing of it was held
  partial,  ///< the rest was read
  hit       ///< the store was not asked
};

/// How columns were made: for the debug header, the log and benchmarks.
struct ReadReport {
  Reuse reuse = Reuse::none;
  ReadWay way = ReadWay::promql;  ///< of what was read now, or once, when nothing was
  std::size_t pieces = 0;         ///< requests to the store
  std::size_t series = 0;         ///< of the store: raw ones, or the rows of its answers
  std::size_t samples = 0;        ///< decoded raw samples, or points of the answers
  std::size_t bytes = 0;          ///< on the wire; 0: not counted
  std::chrono::microseconds took{0};
  /// When the store was asked; where some was held, for the oldest of what may still change (now, where nothing may).
  /// Not set (the epoch): when read() was called; of a hit: unknown, and nobody may give it again.
  std::chrono::steady_clock::time_point asked;
};

using MatrixPtr = std::shared_ptr<const model::Matrix>;

/// The columns of one read. Immutable once handed out, so that many requests can hold it at once.
struct RateAnswer {
  /// Those of RateQuery::needed, and of RateQuery::welcome what was filled. Each over RateQuery::grid. Groups that have
  /// no point at all are not there. Never null; shared with caches.
  std::vector<std::pair<RatePart, MatrixPtr>> columns;
  std::vector<std::string> warnings;  ///< of the store, about the data
  BucketRepair bucket_repair = BucketRepair::raise;
  /// Another one when the store may have become another engine: columns of two eras are never joined.
  std::uint64_t era = 0;
  ReadReport report;

  void add(RatePart part, model::Matrix matrix);
  /// Adds the columns of an answer to the same question about other parts. False: it is of another engine, and nothing
  /// was added.
  bool join(const RateAnswer& other);
  /// nullptr: not among them.
  const model::Matrix* find(const RatePart& part) const noexcept;
};

using RateAnswerPtr = std::shared_ptr<const RateAnswer>;

/// Delivers rate columns, whatever they are made from. Safe from any thread; `context` outlives the call. Cancelling
/// the call ends what runs upstream, unless others wait for the same.
class RateSource {
 public:
  RateSource() = default;
  RateSource(const RateSource&) = delete;
  RateSource& operator=(const RateSource&) = delete;
  virtual ~RateSource() = default;

  /// Whether a read of `query` would fill what is welcome too, as things stand: then questions that differ only in what
  /// they need of it can share one. A read may turn out otherwise.
  virtual bool fills_welcome(const RateQuery& /*query*/, const base::CallContext& /*context*/) const { return false; }

  /// Null: no columns can be had of this store (yet); the store must be asked for the whole answer. Errors are for the
  /// caller to see.
  virtual boost::asio::awaitable<base::Result<RateAnswerPtr>> read(RateQuery query,
                                                                   const base::CallContext& context) = 0;
};

}  // namespace spm::rates
