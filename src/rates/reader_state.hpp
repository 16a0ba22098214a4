#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <spm/base/error.hpp>
#include <spm/rates/rate_reader.hpp>
#include <spm/rates/rate_source.hpp>

#include "store_comparison.hpp"

namespace spm::rates {

/// How reads are done. Immutable: a read goes on with what it began with.
struct Ways {
  ReaderStatus status;
  std::shared_ptr<RateSource> chunks;  ///< null unless status.chunks is agreed
  std::shared_ptr<RateSource> promql;  ///< null while the repair of buckets is not known
  std::uint64_t era = 1;               ///< see RateAnswer::era
};

/// Why a read by chunks was taken over by PromQL.
enum class Fallback : std::uint8_t {
  rejected,  ///< the store has no such thing, after all
  refused,   ///< not for this caller
  busy,      ///< the store has enough of them at the moment
  broken     ///< what came could not be read
};

/// "rejected", "refused", ...
std::string_view name_of(Fallback reason) noexcept;

/// What is known of a store, and when to look again. Pure bookkeeping: it asks nobody. Safe from any thread.
class ReaderState {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Makes the two ways.
  struct Makers {
    std::function<std::shared_ptr<RateSource>(RateVariant, BucketRepair)> chunks;
    std::function<std::shared_ptr<RateSource>(BucketRepair)> promql;
  };

  ReaderState(const RateReaderOptions& options, Makers makers);

  /// Whether the settings let chunks be used at all.
  bool chunks_disabled() const noexcept { return disabled_; }

  /// Never null.
  std::shared_ptr<const Ways> ways() const;

  /// A read came. True: next_comparison() is due, or may have become an earlier time.
  bool note_read(Time now);

  /// When to compare next; nullopt: not before there is a read.
  std::optional<Time> next_comparison() const;

  /// Names what is known now. What a comparison finds counts only as long as nothing happened that could make it
  /// outdated.
  std::uint64_t begin_comparison(Time now);
  /// Before the comparison with data, which may not come about. An engine that is not the one that has agreed has
  /// agreed no longer.
  void learn_engine(std::uint64_t begun, const EngineAnswers& engine);
  void finish_comparison(std::uint64_t begun, const ComparisonOutcome& outcome);
  /// The store could not be asked.
  void fail_comparison(std::uint64_t begun, const base::Error& error);

  /// The store was away, and may have come back as another version: what has agreed counts no longer.
  void saw_unreachable();

  /// Whether this is still the engine that was asked last. What has agreed with another one counts no longer.
  bool is_same_engine(const EngineAnswers& engine);

  /// Whether chunks are left alone for a moment.
  bool chunks_rest(Time now) const;
  void chunks_worked();
  /// What to do about a failed read by chunks; nullopt: the error is the caller's. `own_token`: the caller's own
  /// credentials were used.
  std::optional<Fallback> chunks_failed(const base::Error& error, bool own_token, Time now);

 private:
  using Chunks = ReaderStatus::Chunks;

  // mutex_ is held in all of these.
  bool settled() const;
  void forget(std::string reason);
  void broke(const base::Error& error, Time now);
  void set(Chunks chunks, std::optional<RateVariant> variant, std::string reason);
  void give_up(std::string reason, Time now);
  void begin_era();

  const RateReaderOptions options_;
  const Makers makers_;
  const bool disabled_;

  mutable std::mutex mutex_;  ///< guards all below
  std::shared_ptr<const Ways> ways_;
  std::optional<EngineAnswers> engine_;      ///< empty: not asked since the store was away
  std::optional<EngineAnswers> era_engine_;  ///< what the era's answers were made with, once that is known
  std::optional<RateVariant> era_variant_;
  bool read_since_ = false;  ///< the last comparison began
  std::optional<Time> compared_;
  std::chrono::milliseconds pause_;  ///< to the next one while nothing is settled
  std::uint64_t epoch_ = 0;
  std::optional<Time> rest_until_;
  unsigned busy_in_a_row_ = 0;
  unsigned broken_in_a_row_ = 0;
  std::optional<Time> broken_;  ///< when the last one was counted
};

}  // namespace spm::rates
