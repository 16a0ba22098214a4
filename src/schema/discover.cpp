#include <algorithm>
#include <array>
#include <utility>

#include <spm/schema/discovery.hpp>
#include <spm/schema/jaeger_settings.hpp>

#include "constraints.hpp"
#include "label_choice.hpp"
#include "ranking.hpp"
#include "survey.hpp"

namespace spm::schema {
namespace {

using base::fail;
using base::Result;
using boost::asio::awaitable;
using Texts = std::vector<std::string>;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::string_view kServiceGraphPattern = "(.*[._])?service[._]graph[._]request.*";

std::vector<TimeWindow> windows(std::optional<TimeWindow> only, std::int64_t now_ms) {
  if (only) return {*only};
  return {TimeWindow{now_ms - kHourMs, now_ms}, TimeWindow{now_ms - 48 * kHourMs, now_ms}, TimeWindow{}};
}

/// The best family that the settings allow; one that only looks alike counts where `last_resort` says so.
std::optional<std::size_t> best_fitting(const std::vector<FoundFamily>& families, bool last_resort) {
  for (std::size_t i = 0; i < families.size(); ++i) {
    const Family& family = families[i].family;
    if (families[i].usable() && family.misfit.empty() && (last_resort || !family.looks_alike)) return i;
  }
  return std::nullopt;
}

bool any_usable(const std::vector<FoundFamily>& families) {
  return std::ranges::any_of(families, [](const FoundFamily& found) { return found.usable(); });
}

std::string in_words(const FoundFamily& found) {
  std::string text = found.calls.name.empty() ? found.histogram.base + " alone" : found.calls.name;
  if (!found.calls.name.empty() && !found.histogram.base.empty()) text += " with " + found.histogram.base;
  if (!found.family.producer.empty()) text += " (" + found.family.producer + ")";
  return text;
}

std::string in_short(const FoundFamily& found) {
  const model::MetricNames& names = found.family.names;
  std::string text = found.calls.name.empty() ? found.histogram.base : found.calls.name;
  if (!found.histogram.base.empty()) text += "/" + found.histogram.base;
  return text + " by " + names.service_label + "," + names.operation_label + "," + names.status_label;
}

std::shared_ptr<StoreSchema> begin_schema(const Survey& survey) {
  auto schema = std::make_shared<StoreSchema>();
  schema->origin = StoreSchema::Origin::discovered;
  schema->dialect = survey.dialect();
  schema->window_start_ms = survey.window().start_ms;
  schema->window_end_ms = survey.window().end_ms;
  for (const FoundFamily& found : survey.families()) schema->families.push_back(found.family);
  return schema;
}

void explain_choice(StoreSchema& schema, const std::vector<FoundFamily>& families, const DiscoveryOptions& options) {
  const FoundFamily& best = families[*schema.chosen];
  schema.reason = in_words(best);
  if (best.family.looks_alike) {
    schema.reason += ": nothing that is span metrics for certain was found, and these names are the usual ones";
    return;
  }
  for (std::size_t i = 0; i < families.size(); ++i) {
    if (i == *schema.chosen || !families[i].usable() || families[i].family.looks_alike) continue;
    if (is_live(families[i], families)) schema.also_live.push_back(i);
  }
  if (schema.also_live.empty()) {
    schema.reason += ": the only span metrics with such new samples";
    return;
  }
  const FoundFamily& other = families[schema.also_live.front()];
  const std::string why = other.family.misfit.empty() ? why_before(best, other, options.naming, families)
                                                      : "of the other, " + other.family.misfit;
  schema.reason += ": chosen before " + in_short(other) + ", because " + why;
}

/// Another family under the same metric names with another status label: it answers for the time before this one began.
std::optional<std::size_t> taking_turns(const std::vector<FoundFamily>& families, std::size_t chosen) {
  const model::MetricNames& names = families[chosen].family.names;
  for (std::size_t i = 0; i < families.size(); ++i) {
    const model::MetricNames& other = families[i].family.names;
    if (i == chosen || !families[i].usable() || families[i].histogram.base != families[chosen].histogram.base) continue;
    if (other.calls == names.calls && other.operation_label == names.operation_label &&
        other.status_label != names.status_label && !other.status_label.empty()) {
      return i;
    }
  }
  return std::nullopt;
}

/// Whether a family was seen to begin, and is not just older than what was looked at.
bool began_within(TimeWindow window, const FoundFamily& found, std::int64_t since_ms) {
  const std::int64_t looked_from =
      std::max(found.family.newest_sample_ms.value_or(since_ms) - 48 * kHourMs, window.start_ms.value_or(0));
  return since_ms > looked_from + kLiveWithinMs;
}

/// Nothing fits the settings: the names that they spell, so that they work once such metrics come.
void fall_back(StoreSchema& schema, const std::vector<FoundFamily>& families, const DiscoveryOptions& options) {
  Family family;
  family.names = names_from_settings(options.naming);
  const std::vector<std::string_view> candidates(error_candidates().begin(), error_candidates().end());
  family.names.error_values.assign(candidates.begin(), candidates.end());
  family.histogram.classic = true;
  family.unit_source = options.naming.duration_unit ? UnitSource::setting : UnitSource::assumed;
  std::string_view base = family.names.bucket;
  base.remove_suffix(std::string_view("_bucket").size());
  family.histogram_base = base;
  family.producer = "Jaeger's default names";

  const auto best = std::ranges::find_if(families, [](const FoundFamily& found) { return found.usable(); });
  schema.origin = StoreSchema::Origin::fallback;
  schema.reason = "nothing in the store fits the settings: " + best->family.misfit + ", but the store has " +
                  in_words(*best) + "; until that changes " + family.names.calls + " and " + family.names.bucket +
                  " are asked for";
  schema.settings_that_fit = settings_for(best->family.names);
  schema.families.push_back(std::move(family));
  schema.chosen = schema.families.size() - 1;
}

std::string why_none(const StoreSchema& schema, const DiscoveryOptions& options) {
  if (options.schema) return "the store has no metrics under the names of the schema that is set";
  const auto rejected =
      std::ranges::count_if(schema.families, [](const Family& family) { return !family.rejected_because.empty(); });
  if (!schema.service_graph_metrics.empty()) {
    return "no span metrics, but metrics of a service graph: those tell of edges between services, not of operations";
  }
  if (rejected == 0) return "no metric's name ends in calls, duration or latency";
  const Family& first = schema.families.front();
  const std::string& name = first.names.calls.empty() ? first.histogram_base : first.names.calls;
  return "no span metrics; the nearest are called " + name + ", and of them: " + first.rejected_because;
}

/// What was found in one window, put aside while wider ones are tried.
struct Outcome {
  std::vector<FoundFamily> families;
  std::shared_ptr<StoreSchema> schema;
};

class Finder {
 public:
  Finder(StoreQuestions& ask, const DiscoveryOptions& options) : ask_(ask), options_(options) {}

  awaitable<Result<SchemaPtr>> find(std::vector<TimeWindow> tried) {
    std::optional<Outcome> usable;  // the narrowest window with something that could be used, were it not for ...
    std::optional<Outcome> nothing;
    for (const TimeWindow& window : tried) {
      Survey survey(ask_, options_, window);
      Result<void> ran = co_await survey.run();
      if (!ran) {
        // A store may refuse wide windows. What a narrower one showed is good enough then.
        const bool first = !usable && !nothing;
        if (first || ran.error().kind != base::ErrorKind::query_rejected) co_return fail(std::move(ran.error()));
        break;
      }
      if (const auto chosen = best_fitting(survey.families(), false)) {
        co_return co_await conclude(survey, *chosen);
      }
      std::optional<Outcome>& kept = any_usable(survey.families()) ? usable : nothing;
      if (!kept || kept->families.empty()) {
        Outcome outcome;
        outcome.families = survey.families();
        outcome.schema = begin_schema(survey);
        kept = std::move(outcome);
      }
    }
    if (usable) co_return second_best(*usable);
    std::shared_ptr<StoreSchema> schema = nothing->schema;
    if (!options_.schema) {
      Result<Texts> graphs = co_await service_graphs();
      if (graphs) schema->service_graph_metrics = std::move(*graphs);
    }
    schema->reason = why_none(*schema, options_);
    co_return SchemaPtr(std::move(schema));
  }

 private:
  awaitable<Result<SchemaPtr>> conclude(Survey& survey, std::size_t chosen) {
    const std::vector<FoundFamily>& families = survey.families();
    std::shared_ptr<StoreSchema> schema = begin_schema(survey);
    schema->chosen = chosen;
    if (options_.schema || fully_given(options_.naming)) schema->origin = StoreSchema::Origin::configured;
    explain_choice(*schema, families, options_);
    if (const auto other = taking_turns(families, chosen)) {
      Result<std::optional<std::int64_t>> since = co_await survey.first_sample(families[chosen]);
      if (since && *since && began_within(survey.window(), families[chosen], **since)) {
        schema->before = other;
        schema->chosen_since_ms = *since;
      }
    }
    co_return SchemaPtr(std::move(schema));
  }

  SchemaPtr second_best(const Outcome& outcome) const {
    std::shared_ptr<StoreSchema> schema = outcome.schema;
    if (const auto chosen = best_fitting(outcome.families, true)) {
      schema->chosen = *chosen;
      explain_choice(*schema, outcome.families, options_);
    } else {
      fall_back(*schema, outcome.families, options_);
    }
    return schema;
  }

  awaitable<Result<Texts>> service_graphs() {
    Texts selectors;
    selectors.push_back("{__name__=~" + promql::quote_string(kServiceGraphPattern) + "}");
    Texts narrower = selectors;
    TimeWindow unbounded;
    Result<Texts> names = co_await ask_.metric_names(std::move(selectors), std::move(narrower), unbounded);
    if (!names) co_return fail(std::move(names.error()));
    std::erase_if(*names, [](const std::string& name) {
      return underscored(name).find("service_graph_request") == std::string::npos;
    });
    std::ranges::sort(*names);
    co_return std::move(*names);
  }

  StoreQuestions& ask_;
  const DiscoveryOptions& options_;
};

}  // namespace

awaitable<Result<SchemaPtr>> discover(prometheus::PrometheusClient& store, const DiscoveryOptions& options,
                                      std::optional<TimeWindow> only, std::int64_t now_ms,
                                      const base::CallContext& context) {
  StoreQuestions ask(store, context, now_ms, options.allow_unfiltered_names);
  Finder finder(ask, options);
  std::vector<TimeWindow> tried = windows(only, now_ms);
  co_return co_await finder.find(std::move(tried));
}

}  // namespace spm::schema
