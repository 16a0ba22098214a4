#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/rates/rate_reader.hpp>

#include "chunk_rates.hpp"
#include "fallback_log.hpp"
#include "metered_rates.hpp"
#include "promql_rates.hpp"
#include "reader_announcer.hpp"
#include "reader_state.hpp"
#include "shared_rates.hpp"
#include "store_comparison.hpp"

namespace spm::rates {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using base::CallContext;
using base::ErrorKind;
using base::fail;
using base::Result;
using Verdict = ComparisonOutcome::Verdict;

constexpr std::chrono::seconds kComparisonTimeout{20};
/// Without any event or date the clock is looked at this often.
constexpr std::chrono::hours kLongestSleep{1};
constexpr std::size_t kMostGroupings = 4;

/// A read of chunks that does not come to its end must leave time for the other way.
/// `patience`: what callers wait for; a shared read may have more time than any of them.
base::Deadline with_time_for_promql(const base::Deadline& deadline, std::chrono::milliseconds patience) {
  return base::Deadline::after(std::min<base::Deadline::Clock::duration>(deadline.left(), patience) * 3 / 4);
}

PromqlLimits promql_limits(const RateReaderOptions& options) {
  PromqlLimits limits;
  limits.max_pieces = options.max_pieces;
  limits.max_groups = options.max_groups;
  return limits;
}

ReaderState::Makers makers(const RateReaderOptions& options, const RateReaderGround& ground) {
  ReaderState::Makers made;
  ChunkLimits chunk_limits;
  chunk_limits.max_pieces = options.max_pieces;
  chunk_limits.max_series = options.max_series;
  chunk_limits.max_samples = options.max_samples;
  chunk_limits.max_bytes = options.max_bytes;
  chunk_limits.max_cells = options.max_cells;
  made.chunks = [ground, chunk_limits](RateVariant variant, BucketRepair repair) {
    auto source = create_chunk_rates(ground.store, variant, chunk_limits, repair);
    auto metered = create_metered_rates(std::move(source), ReadWay::chunks, ground.metrics);
    return create_shared_rates(std::move(metered), ground.executor, ground.metrics);
  };
  made.promql = [ground, limits = promql_limits(options)](BucketRepair repair) {
    auto source = create_promql_rates(ground.store, limits, repair);
    auto metered = create_metered_rates(std::move(source), ReadWay::promql, ground.metrics);
    return create_shared_rates(std::move(metered), ground.executor, ground.metrics);
  };
  return made;
}

bool is_bound(const std::string& label) { return label == "le" || label == "vmrange"; }

/// Something to compare: a read of counters. Buckets are the same computation over many more series.
std::optional<ComparisonSubject> subject_of(const RateQuery& query) {
  ComparisonSubject subject;
  for (const auto* parts : {&query.needed, &query.welcome}) {
    for (const RatePart& part : *parts) {
      if (std::ranges::any_of(part.by, is_bound)) return std::nullopt;
      const bool known = std::ranges::find(subject.groupings, part.by) != subject.groupings.end();
      if (!known && subject.groupings.size() < kMostGroupings) subject.groupings.push_back(part.by);
    }
  }
  subject.metric = query.metric;
  subject.matchers = query.matchers;
  subject.to_ms = query.grid.last_ms();
  return subject;
}

/// What is shared with others stays as it is.
RateAnswerPtr in_era(const RateAnswerPtr& answer, std::uint64_t era) {
  if (!answer) return nullptr;
  auto dated = std::make_shared<RateAnswer>(*answer);
  dated->era = era;
  return dated;
}

/// Whoever finds `taken` free has it until he is done, however his coroutine ends.
class Alone {
 public:
  explicit Alone(std::atomic<bool>& taken) : taken_(taken), is_mine_(!taken.exchange(true)) {}
  ~Alone() {
    if (is_mine_) taken_.store(false);
  }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;

  explicit operator bool() const noexcept { return is_mine_; }

 private:
  std::atomic<bool>& taken_;
  const bool is_mine_;
};

/// Everything that reads and the comparison share; they keep it alive.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(RateReaderOptions options, const RateReaderGround& ground)
      : options_(std::move(options)),
        ground_(ground),
        state_(options_, makers(options_, ground)),
        announcer_(ground.metrics, ground.log),
        fallbacks_(ground.metrics, ground.log),
        own_promql_(create_promql_rates(ground.store, promql_limits(options_))) {
    announce();
  }

  ReaderStatus status() const { return state_.ways()->status; }

  bool would_use_chunks(const Ways& ways, const CallContext& context) const {
    if (!ways.chunks || state_.chunks_rest(options_.monotonic())) return false;
    // What restricts queries by their parameters may not restrict remote read.
    return context.store_parameters.empty() || options_.mode == ReadMode::chunks;
  }
  bool would_use_chunks(const CallContext& context) const { return would_use_chunks(*state_.ways(), context); }

  static awaitable<Result<RateAnswerPtr>> read(std::shared_ptr<Core> self, RateQuery query,
                                               const CallContext& context) {
    if (self->options_.mode == ReadMode::whole) co_return RateAnswerPtr();
    self->note(query, context);
    const bool known = co_await is_known_engine(self, context);
    if (!known) co_return RateAnswerPtr();
    Result<RateAnswerPtr> answer = co_await read_columns(self, std::move(query), context);
    if (!answer || !*answer) co_return std::move(answer);
    // Only using a connection shows that the store has ended it.
    const bool still_known = co_await is_known_engine(self, context);
    if (!still_known) co_return RateAnswerPtr();
    co_return std::move(answer);
  }

  static awaitable<void> compare(std::shared_ptr<Core> self) {
    if (self->options_.mode == ReadMode::whole) co_return;
    const std::uint64_t begun = self->state_.begin_comparison(self->options_.monotonic());
    CallContext context(base::Deadline::after(kComparisonTimeout));
    context.request_id = "comparison";
    Result<EngineAnswers> engine = co_await self->ask_as_allowed(context);
    if (!engine) {
      self->failed(begun, engine.error());
      co_return;
    }
    self->state_.learn_engine(begun, *engine);
    self->announce();
    if (self->state_.chunks_disabled()) co_return;
    Result<ComparisonOutcome> outcome = co_await self->compare_candidates(engine->variants, context);
    if (!outcome) {
      self->failed(begun, outcome.error());
      co_return;
    }
    self->state_.finish_comparison(begun, *outcome);
    self->ground_.metrics.comparison_finished(name_of(outcome->verdict));
    self->announce();
  }

  static awaitable<void> run(std::shared_ptr<Core> self) {
    if (self->options_.mode == ReadMode::whole) co_return;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto alarm = std::make_shared<asio::steady_timer>(executor);
    self->set_alarm(executor, alarm);
    for (;;) {
      const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
      if (cancellation.cancelled() != asio::cancellation_type::none) co_return;
      const auto now = self->options_.monotonic();
      const auto next = self->state_.next_comparison();
      if (next && *next <= now) {
        co_await compare(self);
        continue;
      }
      std::chrono::steady_clock::duration sleep = kLongestSleep;
      if (next) sleep = std::min(sleep, *next - now);
      alarm->expires_after(sleep);
      co_await alarm->async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

 private:
  static awaitable<Result<RateAnswerPtr>> read_columns(std::shared_ptr<Core> self, RateQuery query,
                                                       const CallContext& context) {
    const std::shared_ptr<const Ways> ways = self->state_.ways();
    if (self->would_use_chunks(*ways, context)) {
      RateQuery by_chunks = query;
      CallContext sooner = context;
      sooner.deadline = with_time_for_promql(context.deadline, self->options_.patience);
      Result<RateAnswerPtr> answer = co_await ways->chunks->read(std::move(by_chunks), sooner);
      if (answer) {
        self->state_.chunks_worked();
        co_return in_era(*answer, ways->era);
      }
      if (answer.error().kind == ErrorKind::deadline_exceeded && !context.deadline.expired()) {
        answer = fail(ErrorKind::overloaded, "raw chunks took longer than three quarters of the time there is");
      }
      if (!self->promql_takes_over(answer.error(), context)) co_return std::move(answer);
    }
    if (!ways->promql) co_return RateAnswerPtr();
    Result<RateAnswerPtr> answer = co_await ways->promql->read(std::move(query), context);
    if (answer) co_return in_era(*answer, ways->era);
    self->note_failure(answer.error());
    co_return std::move(answer);
  }

  /// Whether the store is still the one that was compared. It is asked again when it has ended connections: that may
  /// have been a restart, and an upgrade. Who comes meanwhile has to do without columns.
  static awaitable<bool> is_known_engine(std::shared_ptr<Core> self, const CallContext& context) {
    const std::uint64_t ended = self->ground_.store.ended_connections();
    std::uint64_t checked = self->checked_endings_.load();
    if (ended == checked) co_return true;
    const Alone alone(self->checking_);
    if (!alone) co_return false;
    bool known = false;
    Result<EngineAnswers> engine = co_await ask_engine(self->ground_.store, self->ground_.clock.now_ms(), context);
    if (engine) {
      known = self->state_.is_same_engine(*engine);
      self->checked_endings_.store(ended);
      if (!known) self->wake();
      self->announce();
    } else {
      self->note_failure(engine.error());
    }
    co_return known;
  }

  /// A read that can be compared, and with whose credentials.
  struct Candidate {
    ComparisonSubject subject;
    std::string bearer_token;
  };

  void set_alarm(asio::any_io_executor executor, std::weak_ptr<asio::steady_timer> alarm) {
    const std::lock_guard lock(mutex_);
    alarm_executor_ = std::move(executor);
    alarm_ = std::move(alarm);
  }

  void note(const RateQuery& query, const CallContext& context) {
    if (!state_.chunks_disabled() && context.store_parameters.empty()) {
      if (auto subject = subject_of(query)) {
        const std::lock_guard lock(mutex_);
        candidate_.emplace(Candidate{std::move(*subject), context.bearer_token});
      }
    }
    if (state_.note_read(options_.monotonic())) wake();
  }

  void wake() {
    asio::any_io_executor executor;
    std::weak_ptr<asio::steady_timer> alarm;
    {
      const std::lock_guard lock(mutex_);
      executor = alarm_executor_;
      alarm = alarm_;
    }
    if (!executor) return;
    asio::post(executor, [alarm = std::move(alarm)] {
      if (const auto timer = alarm.lock()) timer->cancel();
    });
  }

  void note_failure(const base::Error& error) {
    if (error.kind != ErrorKind::store_unreachable) return;
    state_.saw_unreachable();
    announce();
  }

  bool promql_takes_over(const base::Error& error, const CallContext& context) {
    note_failure(error);
    const auto now = options_.monotonic();
    const std::optional<Fallback> reason = state_.chunks_failed(error, !context.bearer_token.empty(), now);
    if (!reason) return false;
    fallbacks_.report(*reason, error, context, now);
    announce();
    return true;
  }

  void announce() { announcer_.announce(status()); }

  void failed(std::uint64_t begun, const base::Error& error) {
    if (error.kind == ErrorKind::cancelled) return;
    state_.fail_comparison(begun, error);
    ground_.metrics.comparison_finished("failed");
    ground_.log.debug("the store could not be compared", {{"error", error.message}});
    announce();
  }

  std::optional<Candidate> candidate() const {
    const std::lock_guard lock(mutex_);
    return candidate_;
  }

  /// With this service's own credentials; where the store refuses those, with the ones of the last caller.
  awaitable<Result<EngineAnswers>> ask_as_allowed(CallContext& context) {
    Result<EngineAnswers> engine = co_await ask_engine(ground_.store, ground_.clock.now_ms(), context);
    if (engine || engine.error().kind != ErrorKind::store_refused_us) co_return std::move(engine);
    std::optional<Candidate> last = candidate();
    if (!last || last->bearer_token.empty()) co_return std::move(engine);
    context.bearer_token = std::move(last->bearer_token);
    co_return co_await ask_engine(ground_.store, ground_.clock.now_ms(), context);
  }

  /// What was read last is compared first; where that does not tell, what is known to be there.
  awaitable<Result<ComparisonOutcome>> compare_candidates(VariantSet by_engine, const CallContext& context) {
    ComparisonGround ground{ground_.store, *own_promql_, ground_.clock.now_ms(), options_.second_look_after};
    const std::optional<Candidate> last = candidate();
    if (last) {
      Result<ComparisonOutcome> outcome = co_await compare_with_store(ground, last->subject, by_engine, context);
      if (!outcome || outcome->verdict != Verdict::undecided) co_return std::move(outcome);
    }
    Result<std::optional<ComparisonSubject>> known = co_await ground_.subjects.subject(context);
    if (!known) co_return fail(std::move(known.error()));
    if (!*known) {
      ComparisonOutcome nothing;
      nothing.reason = "the store has no calls to compare with";
      co_return std::move(nothing);
    }
    const ComparisonSubject subject = std::move(**known);
    co_return co_await compare_with_store(ground, subject, by_engine, context);
  }

  const RateReaderOptions options_;
  const RateReaderGround ground_;
  ReaderState state_;
  ReaderAnnouncer announcer_;
  FallbackLog fallbacks_;
  const std::shared_ptr<RateSource> own_promql_;  ///< for comparisons: neither shared nor counted as a read

  std::atomic<std::uint64_t> checked_endings_{0};  ///< connections that the store had ended when it was asked last
  std::atomic<bool> checking_{false};

  mutable std::mutex mutex_;
  std::optional<Candidate> candidate_;       ///< guarded by mutex_
  asio::any_io_executor alarm_executor_;     ///< guarded by mutex_; empty: nobody compares yet
  std::weak_ptr<asio::steady_timer> alarm_;  ///< guarded by mutex_; the timer is used on its executor only
};

class StoreRateReader final : public RateReader {
 public:
  explicit StoreRateReader(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  bool fills_welcome(const RateQuery& /*query*/, const CallContext& context) const override {
    return core_->would_use_chunks(context);
  }
  awaitable<Result<RateAnswerPtr>> read(RateQuery query, const CallContext& context) override {
    return Core::read(core_, std::move(query), context);
  }
  awaitable<void> run() override { return Core::run(core_); }
  awaitable<void> compare() override { return Core::compare(core_); }
  ReaderStatus status() const override { return core_->status(); }

 private:
  const std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<RateReader> create_rate_reader(RateReaderOptions options, const RateReaderGround& ground) {
  return std::make_unique<StoreRateReader>(std::make_shared<Core>(std::move(options), ground));
}

}  // namespace spm::rates
