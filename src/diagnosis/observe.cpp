#include "observe.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "questions.hpp"
#include "rhythm.hpp"
#include "selectors.hpp"

namespace spm::diagnosis {
namespace {

using base::CallContext;
using base::Result;
using boost::asio::awaitable;
using prometheus::Sample;
using promql::Matcher;
using promql::MatchOp;
using schema::Family;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kRhythmStepMs = 5'000;
constexpr std::size_t kRhythmPoints = 181;  // a quarter of an hour
constexpr std::int64_t kRelativesWithinMs = 48 * kHourMs;

/// Metrics whose presence says that something which could make span metrics is at work, or was.
constexpr std::string_view kRelatives =
    "traces_service_graph_.*|traces_target_info|.*span_?metrics.*|otelcol_.*|tempo_metrics_generator_.*";

/// What a store says is a number may be any: kept within the years 0 to 9999 and within what a count can be.
std::int64_t to_ms(double seconds) {
  constexpr double kYear9999 = 253'402'300'799.0;
  return seconds >= 0 ? std::llround(std::min(seconds, kYear9999) * 1000) : 0;
}

constexpr double kMostCounted = 1e15;
std::size_t to_count(double value) { return value >= 0 ? static_cast<std::size_t>(std::min(value, kMostCounted)) : 0; }

std::string value_of(const model::LabelSet& labels, const std::string& name) {
  const std::string* value = model::find_label(labels, name);
  return value == nullptr ? std::string() : *value;
}

std::optional<double> only_value(const Questions::Samples& samples) {
  if (!samples || samples->size() != 1 || !std::isfinite(samples->front().value)) return std::nullopt;
  return samples->front().value;
}

class Observer {
 public:
  Observer(prometheus::PrometheusClient& store, schema::NamesSource& names, const Options& options,
           const CallContext& context, Observations& seen)
      : store_(store),
        names_(names),
        options_(options),
        context_(context),
        seen_(seen),
        questions_(store, context, options.question_timeout, seen) {}

  awaitable<void> run() {
    const bool reachable = co_await reach();
    if (!reachable) co_return;
    co_await learn_names();
    const Family* family = seen_.family();
    if (family != nullptr) {
      co_await look_at(*family);
    } else if (seen_.schema && !seen_.schema->families.empty()) {
      // Metrics whose samples all lie ahead of this machine's clock look like metrics without samples.
      const Family& nearest = seen_.schema->families.front();
      const FamilySelectors selectors(nearest, seen_.schema->dialect);
      if (!selectors.counter().empty()) co_await look_ahead(selectors);
    }
    const bool old = seen_.newest_ms && *seen_.newest_ms < seen_.now_ms - options_.stale_after.count();
    if (seen_.schema && (family == nullptr || old)) co_await look_around(family == nullptr);
  }

 private:
  /// The smallest question there is; its answer is also the store's clock.
  awaitable<bool> reach() {
    const CallContext context = questions_.limited();
    prometheus::InstantQuery query("time()", std::nullopt);
    Result<prometheus::InstantAnswer> answer = co_await store_.query(std::move(query), context);
    if (!answer) {
      seen_.store_error = std::move(answer.error());
      co_return false;
    }
    questions_.warned(answer->warnings);
    if (answer->samples.size() == 1) seen_.store_clock_ms = to_ms(answer->samples.front().value);

    const CallContext second = questions_.limited();
    Result<prometheus::StoreIdentity> identity = co_await store_.identify(second);
    if (identity) {
      seen_.identity = std::move(*identity);
    } else {
      questions_.failed("which program the store is", identity.error());
    }
    co_return true;
  }

  awaitable<void> learn_names() {
    // A question about errors: what an error looks like is then looked for, too.
    Result<schema::SchemaPtr> schema = co_await names_.schema(model::MetricKind::error_rate, context_);
    if (schema) {
      seen_.schema = std::move(*schema);
      co_return;
    }
    questions_.failed("under which names the store keeps span metrics", schema.error());
    seen_.schema_error = std::move(schema.error());
  }

  awaitable<void> look_at(const Family& family) {
    const FamilySelectors selectors(family, seen_.schema->dialect);
    seen_.newest_ms = family.newest_sample_ms;
    co_await look_ahead(selectors);
    const std::int64_t at = seen_.newest_ms.value_or(seen_.schema->window_end_ms.value_or(seen_.now_ms));
    co_await find_services(family, selectors, at);
    co_await find_rhythm(selectors, at);
    co_await find_overflow(family, selectors, at);
    co_await find_resets(family, selectors, at);
    if (!can_be_read(family.histogram)) {
      // Of one number, which is no histogram: only whether the function is known counts.
      const CallContext context = questions_.limited();
      prometheus::InstantQuery query("histogram_count(vector(0))", std::nullopt);
      Result<prometheus::InstantAnswer> answer = co_await store_.query(std::move(query), context);
      if (answer || answer.error().kind == base::ErrorKind::query_rejected) {
        seen_.knows_native_histograms = answer.has_value();
      }
    }
  }

  /// Samples of a clock that is ahead lie where no question about the present looks.
  awaitable<void> look_ahead(const FamilySelectors& selectors) {
    std::string ahead = "max_over_time(max(timestamp(" + selectors.select() + "))[1h:4m])";
    const Questions::Samples future =
        co_await questions_.ask("whether samples lie in the future", std::move(ahead), seen_.now_ms + kHourMs);
    const std::optional<double> found = only_value(future);
    if (found) seen_.newest_ms = std::max(seen_.newest_ms.value_or(to_ms(*found)), to_ms(*found));
  }

  /// Of the hour before `at`: who has been seen, when last, with which kinds of span.
  awaitable<void> find_services(const Family& family, const FamilySelectors& selectors, std::int64_t at) {
    const model::MetricNames& names = family.names;
    std::string by = selectors.label(names.service_label);
    if (!names.kind_label.empty()) by += ", " + selectors.label(names.kind_label);
    const std::vector<Matcher> named = {{names.service_label, MatchOp::not_equal, ""}};
    const std::string newest = "max by (" + by + ") (timestamp(" + selectors.select(named) + "))";
    const std::string about = "which services there are";

    struct Known {
      std::int64_t newest_ms = 0;
      std::set<std::string> kinds;
    };
    std::map<std::string, Known> services;
    const auto take = [&](const std::vector<Sample>& samples) {
      for (const Sample& sample : samples) {
        Known& known = services[value_of(sample.labels, names.service_label)];
        known.newest_ms = std::max(known.newest_ms, to_ms(sample.value));
        if (!names.kind_label.empty()) known.kinds.insert(value_of(sample.labels, names.kind_label));
      }
    };
    const Questions::Samples now = co_await questions_.ask(about, newest, at);
    if (!now) co_return;
    take(*now);
    std::string hour = "max_over_time(" + newest + "[1h:4m])";
    const Questions::Samples before = co_await questions_.ask(about + " in the hour before", std::move(hour), at);
    if (before) take(*before);

    seen_.services_known = true;
    for (auto& [name, known] : services) {
      SeenService service;
      service.name = name;
      service.newest_ms = known.newest_ms;
      service.kinds.assign(known.kinds.begin(), known.kinds.end());
      seen_.services.push_back(std::move(service));
    }
  }

  /// Looks at one series only, the one that changes most: it shows best when its collector flushes.
  awaitable<void> find_rhythm(const FamilySelectors& selectors, std::int64_t at) {
    const std::string about = "how often samples come";
    const std::string measure = selectors.counts_are_native() ? "count_over_time" : "changes";
    std::string busiest = "topk(1, " + measure + "(" + selectors.select() + "[15m]))";
    const Questions::Samples found = co_await questions_.ask(about, std::move(busiest), at);
    if (!found || found->empty()) co_return;

    const std::string one = selectors.select_one(found->front().labels);
    const auto points = static_cast<std::int64_t>(kRhythmPoints);
    const model::TimeGrid grid{at - kRhythmStepMs * (points - 1), kRhythmStepMs, kRhythmPoints};
    std::string times_of = "timestamp(" + one + ")";
    const std::optional<model::Column> times = co_await questions_.column(about, std::move(times_of), grid);
    if (!times) co_return;
    std::string values_of = selectors.counts_are_native() ? std::string("histogram_count(") : std::string("(");
    values_of += one + ")";
    const std::optional<model::Column> values = co_await questions_.column(about, std::move(values_of), grid);
    if (values) seen_.rhythm = rhythm_of(*times, *values);
  }

  awaitable<void> find_overflow(const Family& family, const FamilySelectors& selectors, std::int64_t at) {
    if (family.overflow_label.empty()) co_return;
    const std::string about = "how much overflows";
    const std::vector<Matcher> overflows = {{family.overflow_label, MatchOp::equal, "true"}};
    const std::string part = selectors.select_all(overflows);
    const std::string whole = selectors.select_all();
    const std::optional<double> series = co_await number(about, "count(" + part + ")", at);
    if (!series) co_return;
    Overflow overflow;
    overflow.label = family.overflow_label;
    overflow.series = std::clamp(*series, 0.0, kMostCounted);
    const std::optional<double> all = co_await number(about, "count(" + whole + ")", at);
    overflow.all_series = std::clamp(all.value_or(*series), 0.0, kMostCounted);
    if (!selectors.counts_are_native()) {
      const std::optional<double> calls = co_await number(about, "sum(increase(" + part + "[10m]))", at);
      const std::optional<double> all_calls = co_await number(about, "sum(increase(" + whole + "[10m]))", at);
      if (calls && all_calls && *all_calls > 0) overflow.call_share = *calls / *all_calls;
    }
    seen_.overflow = std::move(overflow);
  }

  awaitable<void> find_resets(const Family& family, const FamilySelectors& selectors, std::int64_t at) {
    if (selectors.counts_are_native()) co_return;
    const std::string by = selectors.label(family.names.service_label);
    std::string many = "count by (" + by + ") (resets(" + selectors.select() +
                       "[1h]) >= " + std::to_string(options_.many_resets) + ")";
    const Questions::Samples found = co_await questions_.ask("how often counters begin anew", std::move(many), at);
    if (!found) co_return;
    for (const Sample& sample : *found) {
      seen_.resetting_series += to_count(sample.value);
      seen_.resetting_services.push_back(value_of(sample.labels, family.names.service_label));
    }
    std::ranges::sort(seen_.resetting_services);
  }

  awaitable<void> look_around(bool missing) {
    co_await find_jobs("up == 1", &ScrapeJob::up);
    co_await find_jobs("up == 0", &ScrapeJob::down);
    if (!missing) co_return;

    prometheus::Listing everything;
    everything.start_ms = seen_.now_ms - kHourMs;
    everything.end_ms = seen_.now_ms;
    const auto all = co_await questions_.metric_names("which metrics the store has at all", std::move(everything));
    if (all) seen_.surroundings.metric_names = all->size();

    prometheus::Listing related;
    related.selectors.push_back("{__name__=~" + promql::quote_string(kRelatives) + "}");
    related.start_ms = seen_.now_ms - kRelativesWithinMs;
    related.end_ms = seen_.now_ms;
    auto relatives = co_await questions_.metric_names("which metrics stand near span metrics", std::move(related));
    if (relatives) seen_.surroundings.relatives = std::move(*relatives);
  }

  awaitable<void> find_jobs(std::string condition, std::size_t ScrapeJob::*counter) {
    std::string text = "count by (job) (" + condition + ")";
    const Questions::Samples found = co_await questions_.ask("which targets are up", std::move(text), std::nullopt);
    if (!found) co_return;
    std::vector<ScrapeJob>& jobs = seen_.surroundings.jobs;
    for (const Sample& sample : *found) {
      std::string name = value_of(sample.labels, "job");
      if (name.empty()) name = "(no job label)";
      auto job = std::ranges::find(jobs, name, &ScrapeJob::name);
      if (job == jobs.end()) {
        ScrapeJob fresh;
        fresh.name = name;
        job = jobs.insert(jobs.end(), std::move(fresh));
      }
      (*job).*counter = to_count(sample.value);
    }
    std::ranges::sort(jobs, {}, &ScrapeJob::name);
  }

  awaitable<std::optional<double>> number(std::string about, std::string text, std::int64_t at) {
    const Questions::Samples samples = co_await questions_.ask(std::move(about), std::move(text), at);
    co_return only_value(samples);
  }

  prometheus::PrometheusClient& store_;
  schema::NamesSource& names_;
  const Options& options_;
  const CallContext& context_;
  Observations& seen_;
  Questions questions_;
};

}  // namespace

awaitable<Observations> observe(prometheus::PrometheusClient& store, schema::NamesSource& names, const Options& options,
                                std::int64_t now_ms, const CallContext& context) {
  Observations seen;
  seen.now_ms = now_ms;
  Observer observer(store, names, options, context, seen);
  co_await observer.run();
  co_return seen;
}

}  // namespace spm::diagnosis
