#include <algorithm>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>

#include <spm/schema/discovery.hpp>
#include <spm/sharing/caller_kinds.hpp>

#include "discovery_log.hpp"
#include "error_look.hpp"
#include "knowledge.hpp"

namespace spm::schema {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using base::CallContext;
using base::ErrorKind;
using base::fail;
using base::Result;

constexpr std::int64_t kHourMs = 3'600'000;
/// What a request waits at most for a look that can only make a good answer better.
constexpr std::chrono::seconds kPatience{5};
/// Discoveries at once, and how many more may wait for their turn. Callers decide by tokens and parameters how many
/// different ones there are; the store's time belongs to users' queries.
constexpr std::size_t kMostAtOnce = 2;
constexpr std::size_t kMostWaiting = 256;

bool same_names(const StoreSchema& a, const StoreSchema& b) {
  const Family* of_a = a.family();
  const Family* of_b = b.family();
  if (of_a == nullptr || of_b == nullptr) return of_a == of_b;
  return a.dialect == b.dialect && of_a->names == of_b->names;
}

/// Whether all of `asked` lies where the discovery did not look.
bool lies_outside(const StoreSchema& schema, const model::TimeGrid& asked) {
  if (schema.window_start_ms && asked.last_ms() < *schema.window_start_ms) return true;
  // The window's end is the moment of the discovery, and knowledge may be some minutes old.
  return schema.window_end_ms && asked.start_ms > *schema.window_end_ms + kHourMs;
}

/// Whole hours around the range, with room for the window that its first rate looks back over.
HourRange hours_of(const model::TimeGrid& asked) {
  constexpr std::int64_t kRateWindowMs = kHourMs / 2;
  HourRange range;
  range.from = std::max<std::int64_t>(0, asked.start_ms - kRateWindowMs) / kHourMs;
  range.until = asked.last_ms() / kHourMs + 1;
  return range;
}

/// One discovery under way. Everything but `context` is touched on `strand` only.
struct Job {
  Job(const asio::any_io_executor& executor, CallContext with) : strand(executor), context(std::move(with)) {}

  enum class Goal : std::uint8_t {
    all,
    errors,
    range
  };

  asio::strand<asio::any_io_executor> strand;
  asio::cancellation_signal stop;
  bool stopped = false;
  bool landed = false;  ///< guarded by the Core's mutex
  CallContext context;
  Goal goal = Goal::all;
  HourRange range;      // for Goal::range
  SchemaPtr to_better;  // for Goal::errors
  std::shared_ptr<Known> known;
  std::shared_ptr<SchemaFlight> flight = std::make_shared<SchemaFlight>();
};

/// What outlives the Discovery object while a discovery is under way.
class Core : public std::enable_shared_from_this<Core> {
 public:
  Core(DiscoveryOptions options, prometheus::PrometheusClient& store, telemetry::Log& log, const base::WallClock& clock,
       asio::any_io_executor executor)
      : options_(std::move(options)),
        store_(store),
        clock_(clock),
        executor_(std::move(executor)),
        log_(log),
        table_(std::max<std::size_t>(1, options_.max_known)) {}

  const DiscoveryOptions& options() const noexcept { return options_; }

  awaitable<Result<SchemaPtr>> schema(model::MetricKind kind, const CallContext& context) {
    const Ticket ticket = ask(kind, context);
    if (!ticket.flight) {
      if (ticket.have) co_return ticket.have;
      co_return fail(ErrorKind::shutting_down, "the service is shutting down");
    }
    base::Deadline until = context.deadline;
    const bool have_names = ticket.have && ticket.have->chosen;
    if (have_names) until = until.earlier(base::Deadline::after(kPatience));
    Result<SchemaPtr> found = co_await SchemaFlight::wait(ticket.flight, until);
    if (SchemaPtr now = last_good(*ticket.known); now && (found || have_names)) co_return now;
    co_return found;
  }

  awaitable<Result<SchemaPtr>> after_empty(SchemaPtr used, model::TimeGrid asked, const CallContext& context) {
    if (!used) co_return SchemaPtr();
    if (SchemaPtr earlier = before_the_turn(*used, asked)) co_return earlier;
    if (lies_outside(*used, asked)) co_return co_await over_range(used, hours_of(asked), context);

    const Ticket ticket = ask_again(*used, context);
    if (ticket.flight) {
      Result<SchemaPtr> found = co_await SchemaFlight::wait(ticket.flight, context.deadline);
      if (!found) co_return SchemaPtr();  // the empty answer stands; the log has the reason
    }
    SchemaPtr now = last_good(*ticket.known);
    if (!now || same_names(*now, *used)) co_return SchemaPtr();
    co_return now;
  }

  /// One look with the service's own credentials.
  awaitable<Result<SchemaPtr>> probe() {
    CallContext own(base::Deadline::after(options_.timeout));
    std::shared_ptr<SchemaFlight> flight;
    {
      const std::lock_guard lock(mutex_);
      const std::shared_ptr<Known> known = table_.of(callers_.kind_of(own));
      flight = known->flight ? known->flight : start(known, own, Job::Goal::all);
    }
    if (!flight) co_return fail(ErrorKind::shutting_down, "the service is shutting down");
    co_return co_await SchemaFlight::wait(flight, own.deadline);
  }

  void stop() {
    std::vector<std::shared_ptr<Job>> jobs;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      jobs.reserve(jobs_.size());
      for (const std::weak_ptr<Job>& job : jobs_) {
        if (auto running = job.lock()) jobs.push_back(std::move(running));
      }
    }
    for (const std::shared_ptr<Job>& job : jobs) {
      asio::post(job->strand, [job] {
        job->stopped = true;
        job->stop.emit(asio::cancellation_type::all);
      });
    }
  }

 private:
  struct Ticket {
    std::shared_ptr<Known> known;
    SchemaPtr have;
    std::shared_ptr<SchemaFlight> flight;  ///< to wait for, or null
  };

  bool due(const std::optional<SteadyTime>& last, std::chrono::seconds every) const {
    return !last || options_.monotonic() - *last >= every;
  }

  Ticket ask(model::MetricKind kind, const CallContext& context) {
    const std::lock_guard lock(mutex_);
    Ticket ticket;
    ticket.known = table_.of(callers_.kind_of(context));
    Known& known = *ticket.known;
    ticket.have = known.schema;
    const auto join_or_start = [&](Job::Goal goal) {
      return known.flight ? known.flight : start(ticket.known, context, goal);
    };
    if (!known.schema || (!known.schema->chosen && due(known.tried, options_.after_empty_every))) {
      ticket.flight = join_or_start(Job::Goal::all);
    } else if (kind == model::MetricKind::error_rate && errors_unknown(*known.schema, options_) &&
               due(known.looked_for_errors, options_.look_for_errors_every)) {
      ticket.flight = join_or_start(Job::Goal::errors);
    } else if (due(known.tried, options_.refresh_every)) {
      join_or_start(Job::Goal::all);  // nobody waits for it
    }
    return ticket;
  }

  Ticket ask_again(const StoreSchema& used, const CallContext& context) {
    const std::lock_guard lock(mutex_);
    Ticket ticket;
    ticket.known = table_.of(callers_.kind_of(context));
    Known& known = *ticket.known;
    if (known.schema && !same_names(*known.schema, used)) return ticket;
    if (known.flight) {
      ticket.flight = known.flight;
    } else if (due(known.tried, options_.after_empty_every)) {
      ticket.flight = start(ticket.known, context, Job::Goal::all);
    }
    return ticket;
  }

  /// The same knowledge with the family that came before the chosen one, for a range before its time.
  static SchemaPtr before_the_turn(const StoreSchema& used, const model::TimeGrid& asked) {
    if (!used.before || !used.chosen_since_ms || asked.last_ms() >= *used.chosen_since_ms) return nullptr;
    auto earlier = std::make_shared<StoreSchema>(used);
    earlier->chosen = used.before;
    earlier->before.reset();
    earlier->chosen_since_ms.reset();
    earlier->also_live.clear();
    earlier->reason = "the family that was written until the chosen one began";
    return earlier;
  }

  awaitable<Result<SchemaPtr>> over_range(SchemaPtr used, HourRange range, const CallContext& context) {
    std::shared_ptr<Known> known;
    // Twice: the first wait may be for a discovery with another goal.
    for (int attempt = 0; attempt < 2; ++attempt) {
      std::shared_ptr<SchemaFlight> flight;
      {
        const std::lock_guard lock(mutex_);
        known = table_.of(callers_.kind_of(context));
        if (known->of_range(range) != nullptr) break;
        flight = known->flight ? known->flight : start(known, context, Job::Goal::range, range);
      }
      if (!flight) co_return SchemaPtr();
      Result<SchemaPtr> found = co_await SchemaFlight::wait(flight, context.deadline);
      if (!found) co_return SchemaPtr();
    }
    const std::lock_guard lock(mutex_);
    const SchemaPtr* there = known->of_range(range);
    const bool better = there != nullptr && *there && (*there)->chosen && !same_names(**there, *used);
    co_return better ? *there : SchemaPtr();
  }

  SchemaPtr last_good(const Known& known) const {
    const std::lock_guard lock(mutex_);
    return known.schema;
  }

  /// Begins a discovery on a strand of its own; null when the service is stopping. mutex_ is held.
  std::shared_ptr<SchemaFlight> start(const std::shared_ptr<Known>& known, const CallContext& asked_by, Job::Goal goal,
                                      HourRange range = {}) {
    if (stopped_) return nullptr;
    CallContext context(base::Deadline::after(options_.timeout));
    context.request_id = "discovery";
    context.bearer_token = asked_by.bearer_token;
    context.store_parameters = asked_by.store_parameters;
    auto job = std::make_shared<Job>(executor_, std::move(context));
    job->goal = goal;
    job->range = range;
    job->to_better = known->schema;
    job->known = known;
    if (at_work_ >= kMostAtOnce && waiting_.size() >= kMostWaiting) {
      job->flight->finish(
          fail(base::Error(ErrorKind::overloaded,
                           "the store is being asked for its metrics by too many different callers at the moment")
                   .retry_in(std::chrono::seconds(1))));
      return job->flight;
    }
    known->flight = job->flight;
    const SteadyTime now = options_.monotonic();
    known->looked_for_errors = now;
    if (goal == Job::Goal::all) known->tried = now;
    std::erase_if(jobs_, [](const std::weak_ptr<Job>& other) { return other.expired(); });
    jobs_.push_back(job);
    const bool own = asked_by.bearer_token.empty() && asked_by.store_parameters.empty();
    if (at_work_ < kMostAtOnce) {
      ++at_work_;
      post_run(job);
    } else if (own) {
      waiting_.push_front(job);  // what most callers wait for
    } else {
      waiting_.push_back(job);
    }
    return job->flight;
  }

  /// Posted: the coroutine must not begin under the lock, and its cancellation slot belongs to the strand.
  void post_run(const std::shared_ptr<Job>& job) {
    asio::post(job->strand, [self = shared_from_this(), job] { self->run(job); });
  }

  void run(const std::shared_ptr<Job>& job) {
    job->context.deadline = base::Deadline::after(options_.timeout);  // it may have waited for its turn
    if (job->stopped) {
      land(*job, fail(ErrorKind::shutting_down, "the service is shutting down"));
      return;
    }
    asio::co_spawn(job->strand, look(shared_from_this(), job),
                   asio::bind_cancellation_slot(
                       job->stop.slot(), [self = shared_from_this(), job](const std::exception_ptr& problem) {
                         // Cancellation ends the coroutine by an exception; nobody may be left waiting.
                         if (problem) self->land(*job, fail(ErrorKind::shutting_down, "the service is shutting down"));
                       }));
  }

  static awaitable<void> look(std::shared_ptr<Core> self, std::shared_ptr<Job> job) {
    const std::int64_t now = self->clock_.now_ms();
    if (job->goal == Job::Goal::errors) {
      Result<SchemaPtr> found =
          co_await look_for_errors(self->store_, self->options_, job->to_better, now, job->context);
      self->land(*job, std::move(found));
      co_return;
    }
    std::optional<TimeWindow> only;
    if (job->goal == Job::Goal::range) {
      only.emplace();
      only->start_ms = job->range.from * kHourMs;
      only->end_ms = job->range.until * kHourMs;
    }
    Result<SchemaPtr> found = co_await discover(self->store_, self->options_, only, now, job->context);
    self->land(*job, std::move(found));
  }

  /// Keeps what was found and wakes everybody. A failure keeps the last good answer.
  void land(Job& job, Result<SchemaPtr> found) {
    SchemaPtr before;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(job.landed, true)) return;
      if (waiting_.empty()) {
        --at_work_;
      } else {
        post_run(waiting_.front());
        waiting_.pop_front();
      }
      if (job.known->flight == job.flight) job.known->flight.reset();
      before = job.known->schema;
      if (found && job.goal == Job::Goal::range) {
        job.known->remember_range(job.range, *found);
      } else if (found) {
        job.known->schema = *found;
      }
    }
    if (!found) {
      log_.failed(found.error());
    } else if (job.goal != Job::Goal::range) {
      log_.found(**found, before && same_names(*before, **found));
    }
    job.flight->finish(std::move(found));
  }

  const DiscoveryOptions options_;
  prometheus::PrometheusClient& store_;
  const base::WallClock& clock_;
  const asio::any_io_executor executor_;
  const sharing::CallerKinds callers_;
  DiscoveryLog log_;

  mutable std::mutex mutex_;
  KnowledgeTable table_;                      ///< guarded by mutex_, with all its entries
  std::list<std::weak_ptr<Job>> jobs_;        ///< guarded by mutex_
  std::deque<std::shared_ptr<Job>> waiting_;  ///< guarded by mutex_
  std::size_t at_work_ = 0;                   ///< guarded by mutex_: jobs that run
  bool stopped_ = false;                      ///< guarded by mutex_
};

class StoreDiscovery final : public Discovery {
 public:
  explicit StoreDiscovery(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  ~StoreDiscovery() override { core_->stop(); }
  StoreDiscovery(const StoreDiscovery&) = delete;
  StoreDiscovery& operator=(const StoreDiscovery&) = delete;

  awaitable<Result<SchemaPtr>> schema(model::MetricKind kind, const CallContext& context) override {
    return ask(core_, kind, context);
  }
  awaitable<Result<SchemaPtr>> after_empty(SchemaPtr used, model::TimeGrid asked, const CallContext& context) override {
    return ask_again(core_, std::move(used), asked, context);
  }
  awaitable<void> run() override { return probe_for_ever(core_); }

 private:
  /// However the probe ends, so does everything else.
  struct StopAtEnd {
    explicit StopAtEnd(std::shared_ptr<Core> stopped) : core(std::move(stopped)) {}
    ~StopAtEnd() { core->stop(); }
    StopAtEnd(const StopAtEnd&) = delete;
    StopAtEnd& operator=(const StopAtEnd&) = delete;

    std::shared_ptr<Core> core;
  };

  // Each keeps the core alive: this object may go while a caller still waits.
  static awaitable<Result<SchemaPtr>> ask(std::shared_ptr<Core> core, model::MetricKind kind,
                                          const CallContext& context) {
    co_return co_await core->schema(kind, context);
  }
  static awaitable<Result<SchemaPtr>> ask_again(std::shared_ptr<Core> core, SchemaPtr used, model::TimeGrid asked,
                                                const CallContext& context) {
    co_return co_await core->after_empty(std::move(used), asked, context);
  }
  static awaitable<void> probe_for_ever(std::shared_ptr<Core> core) {
    const StopAtEnd stop_at_end(core);
    asio::steady_timer pause(co_await asio::this_coro::executor);
    for (;;) {
      Result<SchemaPtr> found = co_await core->probe();
      if (!found && found.error().kind == ErrorKind::cancelled) co_return;
      const bool good = found && (*found)->chosen;
      // A store that wants callers' credentials will go on wanting them.
      const bool refused = !found && found.error().kind == ErrorKind::store_refused_us;
      pause.expires_after(good || refused ? core->options().refresh_every : core->options().retry_every);
      const auto [stopped] = co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      if (stopped) co_return;
    }
  }

  const std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<Discovery> create_discovery(DiscoveryOptions options, prometheus::PrometheusClient& store,
                                            telemetry::Log& log, const base::WallClock& clock,
                                            asio::any_io_executor executor) {
  return std::make_unique<StoreDiscovery>(
      std::make_shared<Core>(std::move(options), store, log, clock, std::move(executor)));
}

}  // namespace spm::schema
