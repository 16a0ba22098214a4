#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <spm/cache/rate_cache.hpp>
#include <spm/sharing/flights.hpp>

#include "late_log.hpp"
#include "rate_keys.hpp"
#include "rate_shelf.hpp"
#include "rate_visit.hpp"

namespace spm::cache {
namespace {

using base::CallContext;
using base::ErrorKind;
using base::Result;
using boost::asio::awaitable;
using rates::RateAnswerPtr;
using rates::RateQuery;
using rates::Reuse;
using std::chrono::milliseconds;

/// Others may find at any time that what is kept does not hold. Who has met that so often relies on nothing any more.
constexpr int kMostLooks = 3;
/// What a shared read may take. Callers leave at their own deadlines, also at later ones than that of the first.
constexpr std::chrono::seconds kLongestRead{600};

using Reads = sharing::Flights<std::string, RateAnswerPtr>;

bool has_all(const rates::RateAnswer& answer, const std::vector<rates::RatePart>& parts) {
  return std::ranges::all_of(parts, [&](const rates::RatePart& part) { return answer.find(part) != nullptr; });
}

/// What calls share; they keep it alive.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(RateCacheOptions options, const RateCacheGround& ground)
      : options_(std::move(options)),
        ground_(ground),
        shelf_(ground.shelf, ground.metrics, options_.overlap, options_.max_age),
        late_log_(ground.log),
        reads_(std::make_shared<Reads>(ground.executor)) {}

  const rates::RateSource& source() const noexcept { return ground_.source; }

  static awaitable<Result<RateAnswerPtr>> read(std::shared_ptr<Core> self, RateQuery query,
                                               const CallContext& context) {
    if (self->passes_by(query)) {
      Result<RateAnswerPtr> unkept = co_await self->ground_.source.read(std::move(query), context);
      co_return unkept;
    }
    const std::vector<rates::RatePart> needed = query.needed;
    Result<RateAnswerPtr> answer = co_await read_kept(self, std::move(query), context);
    self->note_answered(answer, needed);
    co_return answer;
  }

 private:
  static awaitable<Result<RateAnswerPtr>> read_kept(std::shared_ptr<Core> self, RateQuery query,
                                                    const CallContext& context) {
    if (context.deadline.expired()) {
      co_return base::fail(ErrorKind::deadline_exceeded, "the metrics store did not answer in time");
    }
    std::string caller = self->ground_.callers.kind_of(context);
    for (int looks = 1; !context.wants_fresh && looks <= kMostLooks; ++looks) {
      if (RateAnswerPtr held = self->held_for(query, caller, context)) co_return held;
      const std::vector<RateQuery> shares = self->shares_of(query, context);
      std::vector<Reads::Passenger> aboard;
      aboard.reserve(shares.size());
      for (const RateQuery& share : shares) aboard.push_back(self->board(share, caller, context));
      std::shared_ptr<rates::RateAnswer> together;
      for (Reads::Passenger& passenger : aboard) {
        Result<RateAnswerPtr> answer = co_await Reads::wait(std::move(passenger), context.deadline);
        if (!answer || !*answer) co_return answer;
        if (!together) {
          together = std::make_shared<rates::RateAnswer>(**answer);
        } else if (!together->join(**answer)) {
          together->columns.clear();
        }
      }
      if (together && has_all(*together, query.needed)) co_return RateAnswerPtr(std::move(together));
    }
    Result<RateAnswerPtr> alone = co_await read_rest(self, std::move(query), std::move(caller), context);
    co_return alone;
  }

  /// Null: the store must be asked.
  RateAnswerPtr held_for(const RateQuery& query, const std::string& caller, const CallContext& context) {
    const Moment moment = now();
    const VisitRules rules = rules_for(caller, context, 1);
    const RateVisit visit(shelf_, ground_.metrics, late_log_, query, caller, rules, moment);
    return visit.is_hit() && !visit.beginning_is_due(moment) ? visit.hit(false, moment) : nullptr;
  }

  /// What others can share of it: all, where a read of one part brings all parts; else each part by itself.
  std::vector<RateQuery> shares_of(const RateQuery& query, const CallContext& context) const {
    if (query.needed.size() == 1 || ground_.source.fills_welcome(query, context)) return {query};
    std::vector<RateQuery> shares;
    for (const rates::RatePart& part : query.needed) {
      shares.push_back(query);
      shares.back().needed = {part};
      shares.back().welcome.clear();
    }
    return shares;
  }

  /// What has landed is on the shelf already, and who boards looks there first: nothing is read twice.
  Reads::Passenger board(const RateQuery& query, const std::string& caller, const CallContext& context) {
    std::string key = flight_key(query, caller, ground_.source.fills_welcome(query, context));
    // Weak: a flight that never begins is held by what this holds.
    return reads_->board(std::move(key), [weak = weak_from_this(), query, caller, context] {
      CallContext of_the_read = context;
      of_the_read.deadline = base::Deadline::after(kLongestRead);
      return read_for_all(weak.lock(), query, caller, std::move(of_the_read));
    });
  }

  static awaitable<Result<RateAnswerPtr>> read_for_all(std::shared_ptr<Core> self, RateQuery query, std::string caller,
                                                       CallContext context) {
    if (!self) co_return base::fail(ErrorKind::shutting_down, "the service is shutting down");
    Result<RateAnswerPtr> answer = co_await read_rest(self, std::move(query), std::move(caller), context);
    co_return answer;
  }

  void note_answered(const Result<RateAnswerPtr>& answer, const std::vector<rates::RatePart>& parts) {
    if (!answer || !*answer) return;
    std::size_t cells = 0;
    for (const rates::RatePart& part : parts) {
      if (const model::Matrix* columns = (*answer)->find(part)) cells += columns->series.size() * columns->grid.points;
    }
    ground_.metrics.cache_points(0, cells);
  }

  static awaitable<Result<RateAnswerPtr>> read_rest(std::shared_ptr<Core> self, RateQuery query, std::string caller,
                                                    const CallContext& context) {
    for (int looks = 1;; ++looks) {
      const VisitRules rules = self->rules_for(caller, context, looks);
      RateVisit visit(self->shelf_, self->ground_.metrics, self->late_log_, query, caller, rules, self->now());
      const Moment before = self->now();
      const bool looks_at_beginning = visit.beginning_is_due(before);
      if (looks_at_beginning) {
        RateQuery beginning = visit.beginning();
        Result<RateAnswerPtr> there = co_await ask(self, std::move(beginning), caller, context);
        if (!there || !*there) co_return there;
        if (!visit.beginning_holds(**there, before)) continue;
      }
      if (visit.is_hit()) co_return visit.hit(looks_at_beginning, self->now());

      const Moment before_the_rest = self->now();
      RateQuery rest = visit.rest();
      Result<RateAnswerPtr> read = co_await ask(self, std::move(rest), caller, context);
      if (!read || !*read) co_return read;
      RateAnswerPtr answer = visit.take(**read, self->when_asked(before_the_rest, **read), self->now());
      if (answer) co_return answer;
    }
  }

  /// Ends beyond the next step have points that nobody can know yet.
  bool passes_by(const RateQuery& query) const {
    const model::TimeGrid& grid = query.grid;
    return query.needed.empty() || grid.points == 0 || grid.step_ms <= 0 ||
           grid.last_ms() > ground_.clock.now_ms() + grid.step_ms;
  }

  VisitRules rules_for(const std::string& caller, const CallContext& context, int looks) {
    VisitRules rules;
    rules.fresh = context.wants_fresh || looks >= kMostLooks;
    if (context.wants_fresh) rules.whole = Reuse::none;
    if (!context.bearer_token.empty()) {
      rules.must_ask = !shelf_.token_was_taken_since(caller, options_.monotonic() - options_.token_trust);
    }
    return rules;
  }

  static awaitable<Result<RateAnswerPtr>> ask(std::shared_ptr<Core> self, RateQuery query, std::string caller,
                                              const CallContext& context) {
    const Moment before = self->now();
    Result<RateAnswerPtr> answer = co_await self->ground_.source.read(std::move(query), context);
    if (!answer) {
      const ErrorKind kind = answer.error().kind;
      if (kind == ErrorKind::unauthenticated || kind == ErrorKind::permission_denied) self->shelf_.forget(caller);
    } else if (*answer && !context.bearer_token.empty()) {
      self->shelf_.token_was_taken(caller, self->when_asked(before, **answer).steady);
    }
    co_return answer;
  }

  /// A read may have been under way for others already.
  Moment when_asked(Moment before, const rates::RateAnswer& answer) const {
    const Moment after = now();
    const auto earlier = std::max(before.steady - after.steady + answer.report.took, std::chrono::nanoseconds(0));
    before.steady -= earlier;
    before.wall_ms -= std::chrono::ceil<milliseconds>(earlier).count();
    return before;
  }

  Moment now() const {
    Moment moment;
    moment.wall_ms = ground_.clock.now_ms();
    moment.steady = options_.monotonic();
    return moment;
  }

  const RateCacheOptions options_;
  const RateCacheGround ground_;
  RateShelf shelf_;
  LateLog late_log_;
  const std::shared_ptr<Reads> reads_;
};

class RateCache final : public rates::RateSource {
 public:
  explicit RateCache(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  bool fills_welcome(const RateQuery& query, const CallContext& context) const override {
    return core_->source().fills_welcome(query, context);
  }
  awaitable<Result<RateAnswerPtr>> read(RateQuery query, const CallContext& context) override {
    return Core::read(core_, std::move(query), context);
  }

 private:
  const std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<rates::RateSource> create_rate_cache(RateCacheOptions options, const RateCacheGround& ground) {
  return std::make_unique<RateCache>(std::make_shared<Core>(std::move(options), ground));
}

}  // namespace spm::cache
