#include "reader_state.hpp"

#include <algorithm>
#include <utility>

namespace spm::rates {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{2'000};
constexpr milliseconds kLongestPauseWithReads{60'000};
constexpr milliseconds kRest{5'000};
constexpr milliseconds kLongestRest{300'000};
constexpr unsigned kMostDoublings = 6;
constexpr unsigned kMostBrokenInARow = 3;
/// Callers who share one read see its failure at the same time.
constexpr milliseconds kSameFailure{500};

/// Empty: the settings allow chunks.
std::string why_disabled(const RateReaderOptions& options) {
  if (options.mode == ReadMode::whole) return "the store answers every question as a whole, by --store.read=whole";
  if (options.mode == ReadMode::promql) return "raw chunks are turned off by --store.read=promql";
  if (options.mode == ReadMode::automatic && options.store_has_parameters) {
    return "parameters are sent with every query, which remote read does not know: --store.read=chunks says that they "
           "do not matter";
  }
  return {};
}

}  // namespace

std::string_view name_of(Fallback reason) noexcept {
  switch (reason) {
    case Fallback::rejected:
      return "rejected";
    case Fallback::refused:
      return "refused";
    case Fallback::busy:
      return "busy";
    case Fallback::broken:
      break;
  }
  return "broken";
}

ReaderState::ReaderState(const RateReaderOptions& options, Makers makers)
    : options_(options),
      makers_(std::move(makers)),
      disabled_(!why_disabled(options).empty()),
      pause_(kFirstPause) {
  auto ways = std::make_shared<Ways>();
  ways->status.chunks = disabled_ ? Chunks::disabled : Chunks::undecided;
  ways->status.reason = disabled_ ? why_disabled(options_) : "the store has not been compared yet";
  ways_ = std::move(ways);
}

std::shared_ptr<const Ways> ReaderState::ways() const {
  const std::lock_guard lock(mutex_);
  return ways_;
}

bool ReaderState::note_read(Time now) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = !std::exchange(read_since_, true);
  }
  const std::optional<Time> next = next_comparison();
  return first || (next && *next <= now);
}

/// Whether only the course of time is a reason to compare again.
bool ReaderState::settled() const { return engine_ && ways_->status.chunks != Chunks::undecided; }

std::optional<ReaderState::Time> ReaderState::next_comparison() const {
  const std::lock_guard lock(mutex_);
  if (!compared_) return Time();
  if (!settled()) return *compared_ + (read_since_ ? std::min(pause_, kLongestPauseWithReads) : pause_);
  if (!read_since_) return std::nullopt;
  const Chunks chunks = ways_->status.chunks;
  const bool off = chunks == Chunks::absent || chunks == Chunks::disagreed;
  return *compared_ + (off ? options_.remember_absence : options_.compare_every);
}

std::uint64_t ReaderState::begin_comparison(Time now) {
  const std::lock_guard lock(mutex_);
  compared_ = now;
  read_since_ = false;
  pause_ = std::min(2 * pause_, std::max(options_.compare_every, kFirstPause));
  return epoch_;
}

void ReaderState::learn_engine(std::uint64_t begun, const EngineAnswers& engine) {
  const std::lock_guard lock(mutex_);
  if (begun != epoch_ || engine == engine_) return;
  const bool another = engine_.has_value();
  engine_ = engine;
  if (another && ways_->status.chunks == Chunks::agreed) {
    set(Chunks::undecided, std::nullopt, "the store computes in another way than before");
  }
  // The same engine that was away for a while goes on with its era.
  if (era_engine_ && era_engine_ != engine) begin_era();
  era_engine_ = engine;
  auto next = std::make_shared<Ways>(*ways_);
  next->status.repair = engine.repair;
  next->promql = engine.repair ? makers_.promql(*engine.repair) : nullptr;
  ways_ = std::move(next);
}

void ReaderState::begin_era() {
  auto next = std::make_shared<Ways>(*ways_);
  ++next->era;
  ways_ = std::move(next);
  era_variant_.reset();
}

void ReaderState::set(Chunks chunks, std::optional<RateVariant> variant, std::string reason) {
  auto next = std::make_shared<Ways>(*ways_);
  const bool same_source = next->chunks && next->status.variant == variant;
  next->status.chunks = chunks;
  next->status.variant = variant;
  next->status.reason = std::move(reason);
  if (chunks != Chunks::agreed) {
    next->chunks.reset();
  } else if (!next->status.repair) {
    next->chunks.reset();
    next->status.reason += ", but quantiles are left to it, and so is everything else";
  } else if (!same_source) {
    next->chunks = makers_.chunks(*variant, *next->status.repair);
  }
  ways_ = std::move(next);
}

void ReaderState::finish_comparison(std::uint64_t begun, const ComparisonOutcome& outcome) {
  using Verdict = ComparisonOutcome::Verdict;
  const std::lock_guard lock(mutex_);
  if (begun != epoch_ || disabled_) return;
  switch (outcome.verdict) {
    case Verdict::agreed:
      if (era_variant_ && era_variant_ != outcome.variant) begin_era();
      era_variant_ = outcome.variant;
      set(Chunks::agreed, outcome.variant, "the store's own rates are those that its raw samples make");
      broken_in_a_row_ = 0;
      break;
    case Verdict::disagreed:
      // What was computed here is not what the store says any more.
      if (era_variant_) begin_era();
      set(Chunks::disagreed, std::nullopt, outcome.reason);
      break;
    case Verdict::absent:
      set(Chunks::absent, std::nullopt, outcome.reason);
      break;
    case Verdict::undecided:
      // What has agreed is not doubted because nothing happens at the moment.
      if (ways_->status.chunks != Chunks::agreed) set(Chunks::undecided, std::nullopt, outcome.reason);
      break;
  }
  if (settled()) pause_ = kFirstPause;
}

void ReaderState::fail_comparison(std::uint64_t begun, const base::Error& error) {
  if (error.kind == base::ErrorKind::store_unreachable) saw_unreachable();
  const std::lock_guard lock(mutex_);
  if (disabled_) return;
  if (error.kind == base::ErrorKind::store_misbehaved && begun == epoch_) {
    broke(error, *compared_);
  } else if (ways_->status.chunks == Chunks::undecided) {
    set(Chunks::undecided, std::nullopt, "the store could not be compared: " + error.message);
  }
}

void ReaderState::saw_unreachable() {
  const std::lock_guard lock(mutex_);
  forget("the store could not be reached, and may come back as another one");
}

bool ReaderState::is_same_engine(const EngineAnswers& engine) {
  const std::lock_guard lock(mutex_);
  if (engine_ == engine) return true;
  forget("the store was restarted as one that computes in another way");
  return false;
}

void ReaderState::forget(std::string reason) {
  const bool agreed = ways_->status.chunks == Chunks::agreed;
  if (!agreed && !engine_) return;
  ++epoch_;
  engine_.reset();
  pause_ = kFirstPause;
  auto next = std::make_shared<Ways>(*ways_);
  next->status.repair.reset();
  next->promql.reset();
  next->chunks.reset();
  if (agreed) {
    next->status.chunks = Chunks::undecided;
    next->status.variant.reset();
    next->status.reason = std::move(reason);
  }
  ways_ = std::move(next);
}

bool ReaderState::chunks_rest(Time now) const {
  const std::lock_guard lock(mutex_);
  return rest_until_ && now < *rest_until_;
}

void ReaderState::chunks_worked() {
  const std::lock_guard lock(mutex_);
  broken_in_a_row_ = 0;
  busy_in_a_row_ = 0;
}

void ReaderState::give_up(std::string reason, Time now) {
  set(Chunks::absent, std::nullopt, std::move(reason));
  compared_ = now;
}

/// Several in a row: chunks are given up for a while.
void ReaderState::broke(const base::Error& error, Time now) {
  if (++broken_in_a_row_ < kMostBrokenInARow) return;
  broken_in_a_row_ = 0;
  give_up("the store's raw chunks cannot be read: " + error.message, now);
}

std::optional<Fallback> ReaderState::chunks_failed(const base::Error& error, bool own_token, Time now) {
  using base::ErrorKind;
  const std::lock_guard lock(mutex_);
  switch (error.kind) {
    case ErrorKind::query_rejected:
      // What is refused to one caller may be allowed to others.
      if (!own_token) give_up("the store hands out no raw chunks any more: " + error.message, now);
      return Fallback::rejected;
    case ErrorKind::store_refused_us:
    case ErrorKind::unauthenticated:
    case ErrorKind::permission_denied:
      if (!own_token) give_up("raw chunks may not be read any more: " + error.message, now);
      return Fallback::refused;
    case ErrorKind::rate_limited:
    case ErrorKind::overloaded: {
      // Callers who fail side by side are one failure.
      const bool rests = rest_until_ && now < *rest_until_;
      milliseconds rest{0};
      if (error.retry_after) {
        rest = milliseconds(*error.retry_after);
      } else if (!rests) {
        rest = kRest * (1U << std::min(busy_in_a_row_++, kMostDoublings));
      }
      const Time until = now + std::clamp(rest, milliseconds{0}, kLongestRest);
      rest_until_ = rests ? std::max(*rest_until_, until) : until;
      return Fallback::busy;
    }
    case ErrorKind::store_misbehaved:
    case ErrorKind::internal:
      if (!broken_ || now - *broken_ >= kSameFailure) {
        broken_ = now;
        broke(error, now);
      }
      return Fallback::broken;
    default:
      return std::nullopt;
  }
}

}  // namespace spm::rates
