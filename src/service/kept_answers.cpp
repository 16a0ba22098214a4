#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include <spm/service/kept_answers.hpp>
#include <spm/service/window.hpp>
#include <spm/sharing/flights.hpp>

#include "answer_key.hpp"
#include "kept_answer.hpp"

namespace spm::service {
namespace {

using base::CallContext;
using base::ErrorKind;
using base::Result;
using boost::asio::awaitable;
using model::MetricQuery;
using Time = KeptAnswer::Time;
using Questions = sharing::Flights<std::string, MetricsAnswer>;

/// What a shared question may take. Callers leave at their own deadlines, also at later ones than that of the first.
constexpr std::chrono::seconds kLongestQuestion{600};

/// A question as it is asked, and what may be done with its answer.
struct Asked {
  Asked(MetricQuery moved, std::string of_caller, std::string whole_key)
      : query(std::move(moved)),
        caller(std::move(of_caller)),
        key(std::move(whole_key)) {}

  MetricQuery query;
  std::string caller;
  std::string key;
  bool may_be_kept = false;
};

bool warned(const MetricsAnswer& answer) {
  return std::ranges::any_of(answer.notices,
                             [](const Notice& notice) { return notice.kind == NoticeKind::store_warning; });
}

/// What questions under way hold.
class Core {
 public:
  Core(KeptAnswersOptions options, const KeptAnswersGround& ground)
      : options_(std::move(options)),
        ground_(ground),
        questions_(std::make_shared<Questions>(ground.executor)) {}

  Asked asked(MetricQuery query, const CallContext& context) const {
    const std::int64_t now_ms = ground_.clock.now_ms();
    if (options_.mode == cache::CacheMode::aligned) query = aligned(std::move(query), now_ms);
    std::string caller = ground_.callers.kind_of(context);
    std::string key = answer_key(query, context.wants_plan, caller);
    const bool ahead = query.grid.last_ms() > now_ms + query.grid.step_ms;
    Asked asked(std::move(query), std::move(caller), std::move(key));
    asked.may_be_kept = !ahead && !context.wants_plan;
    return asked;
  }

  /// Null: there is none that is good enough.
  std::shared_ptr<const KeptAnswer> find(const Asked& asked) {
    if (!asked.may_be_kept) return nullptr;
    auto kept = std::static_pointer_cast<const KeptAnswer>(ground_.shelf.find(asked.key));
    return kept && options_.monotonic() < kept->until() ? kept : nullptr;
  }

  Questions::Passenger board(const std::shared_ptr<Core>& self, const Asked& asked, const CallContext& context) {
    Questions::Passenger passenger = questions_->board(asked.key, [self, asked, context] {
      CallContext of_the_question = context;
      const auto longest = base::Deadline::after(kLongestQuestion);
      if (context.deadline.at() < longest.at()) of_the_question.deadline = longest;
      return ask(self, asked, std::move(of_the_question));
    });
    if (passenger.joined_others()) ground_.metrics.answer_shared();
    return passenger;
  }

  /// Asks, keeps what may be kept, and drops what a refused token brought.
  static awaitable<Result<MetricsAnswer>> ask(std::shared_ptr<Core> self, Asked asked, CallContext context) {
    const Time began = self->options_.monotonic();
    const std::uint64_t removals = self->ground_.shelf.removals();
    MetricQuery query = asked.query;
    Result<MetricsAnswer> answer = co_await self->ground_.service.answer(std::move(query), context);
    if (answer) {
      // What was dropped meanwhile was dropped for a reason that holds for this answer, too.
      asked.may_be_kept = asked.may_be_kept && self->ground_.shelf.removals() == removals;
      self->consider(asked, context, began, *answer);
    } else if (const ErrorKind kind = answer.error().kind;
               kind == ErrorKind::unauthenticated || kind == ErrorKind::permission_denied) {
      self->ground_.shelf.remove_caller(asked.caller);
    }
    co_return std::move(answer);
  }

  /// An answer that goes out without anybody behind having seen to it.
  void given(const MetricsAnswer& answer, bool notices_counted) {
    ground_.metrics.cache_answered(name_of(answer.cache));
    if (notices_counted) return;
    for (const Notice& notice : answer.notices) ground_.metrics.notice(metric_label(notice.kind));
  }

 private:
  void consider(const Asked& asked, const CallContext& context, Time began, MetricsAnswer& answer) {
    if (answer.asked == Time()) answer.asked = began;
    if (!asked.may_be_kept || warned(answer) || answer.family->metrics.empty()) return;
    // How long ago the store last took this token is known to the columns only.
    if (!context.bearer_token.empty() && answer.cache == CacheResult::hit) return;
    if (answer.asked == Time::min()) return;
    const std::chrono::milliseconds step(asked.query.grid.step_ms);
    const Time until = answer.asked + std::min(step, options_.longest_life);
    const Time now = options_.monotonic();
    make_room(now);
    if (until <= now) return;
    if (keep(asked, until, answer) && answer.cache == CacheResult::bypass) answer.cache = CacheResult::miss;
  }

  void make_room(Time now) {
    const auto ended = ends_.over(now);
    const std::lock_guard lock(putting_);
    for (const auto& one : ended) {
      if (ground_.shelf.find(one->key()) == one) ground_.shelf.remove(one->key());
    }
  }

  /// Never in place of what was asked later: a fresh answer may overtake one that was under way.
  bool keep(const Asked& asked, Time until, MetricsAnswer& answer) {
    auto kept = KeptAnswer::make(asked.key, asked.caller, about_question(asked.query), until, answer, ground_.shelf,
                                 ground_.executor);
    std::shared_ptr<const KeptAnswer> held;  // given up without the lock
    {
      const std::lock_guard lock(putting_);
      held = std::static_pointer_cast<const KeptAnswer>(ground_.shelf.find(asked.key));
      if (held && held->answer().asked > answer.asked) return false;
      if (!ground_.shelf.put(asked.key, kept)) return false;
    }
    ends_.add(kept);
    answer.encodings = kept->answer().encodings;
    return true;
  }

  const KeptAnswersOptions options_;
  const KeptAnswersGround ground_;
  const std::shared_ptr<Questions> questions_;
  EndsOfLife ends_;
  std::mutex putting_;  ///< between looking at what is on the shelf and changing it
};

class KeptAnswers final : public MetricsService {
 public:
  explicit KeptAnswers(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  awaitable<Result<MetricsAnswer>> answer(MetricQuery query, const CallContext& context) override {
    return answer_by(core_, std::move(query), context);
  }

 private:
  /// Holds nothing of the object, which may go while a caller waits.
  static awaitable<Result<MetricsAnswer>> answer_by(std::shared_ptr<Core> core, MetricQuery query,
                                                    const CallContext& context) {
    const Asked asked = core->asked(std::move(query), context);
    if (context.wants_fresh) {
      Result<MetricsAnswer> fresh = co_await Core::ask(core, asked, context);
      if (fresh) {
        fresh->cache = CacheResult::bypass;
        core->given(*fresh, true);
      }
      co_return std::move(fresh);
    }
    if (const auto kept = core->find(asked)) {
      MetricsAnswer again = kept->answer();
      again.cache = CacheResult::hit;
      core->given(again, false);
      co_return std::move(again);
    }
    Questions::Passenger passenger = core->board(core, asked, context);
    const bool joined_others = passenger.joined_others();
    Result<MetricsAnswer> answer = co_await Questions::wait(std::move(passenger), context.deadline);
    if (answer) core->given(*answer, !joined_others);
    co_return std::move(answer);
  }

  const std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<MetricsService> create_kept_answers(KeptAnswersOptions options, const KeptAnswersGround& ground) {
  return std::make_unique<KeptAnswers>(std::make_shared<Core>(std::move(options), ground));
}

}  // namespace spm::service
