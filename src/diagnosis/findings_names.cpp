#include <algorithm>
#include <utility>

#include <spm/base/utf8.hpp>

#include "facts.hpp"
#include "findings.hpp"
#include "new_finding.hpp"
#include "words.hpp"

namespace spm::diagnosis {
namespace {

using schema::Family;
using schema::StoreSchema;

constexpr std::size_t kMostFamilies = 3;

bool any_starts_with(const std::vector<std::string>& names, std::string_view prefix) {
  return std::ranges::any_of(names, [&](const std::string& name) { return name.starts_with(prefix); });
}

std::string what_else_is_there(const Surroundings& around) {
  if (!around.metric_names) return "";
  if (*around.metric_names == 0) return " It has held nothing at all in the last hour.";
  return " It holds " + count_text(*around.metric_names, "other metric") + ".";
}

std::string down_jobs(const Surroundings& around) {
  std::vector<std::string> down;
  for (const ScrapeJob& job : around.jobs) {
    if (job.down > 0) down.push_back(job.name);
  }
  if (down.empty()) return "";
  return " Targets of " + std::string(down.size() == 1 ? "the scrape job " : "the scrape jobs ") + list_text(down) +
         " are down: the store cannot fetch what they have.";
}

std::string up_jobs(const Surroundings& around) {
  std::vector<std::string> up;
  for (const ScrapeJob& job : around.jobs) {
    if (job.up > 0 && job.down == 0) up.push_back(job.name);
  }
  return up.empty() ? "" : " It scrapes, with success: " + list_text(up) + ".";
}

void add_nothing_there(const Observations& seen, const Options& options, std::vector<Finding>& findings) {
  const std::vector<std::string>& service_graphs = seen.schema->service_graph_metrics;
  const Surroundings& around = seen.surroundings;
  Finding finding =
      new_finding(FindingId::no_span_metrics, Severity::problem,
                  "The store holds no span metrics, under none of the names known here." + what_else_is_there(around));
  finding.why =
      "The Monitor tab draws metrics that something must compute from spans. Jaeger does not, Prometheus does not: the "
      "spanmetrics connector of an OpenTelemetry Collector does, or Tempo's metrics generator.";
  finding.why += down_jobs(around) + up_jobs(around);
  // Their values are for the one who set them: a caller of the HTTP form is told that there are some.
  if (options.matchers_enforced) {
    finding.what += " Only series that --query.matchers lets through were looked at.";
    finding.what_to_do =
        "First hold --query.matchers against the labels of the metrics: a label or value that they do not have hides "
        "everything. If there are none: ";
  }
  std::vector<std::string> alike;
  for (const Family& family : seen.schema->families) {
    if (family.names.calls.empty()) continue;
    alike.push_back(family.names.calls + " (" + family.rejected_because + ")");
  }
  if (!alike.empty()) finding.why += " Only the name looks alike of " + list_text(alike, kMostFamilies) + ".";
  finding.what_to_do +=
      "Put the spanmetrics connector behind the collector's traces pipeline, export its metrics (prometheus exporter "
      "and "
      "a scrape job, or prometheusremotewrite) to this very store, and send some spans through it.";
  if (any_starts_with(around.relatives, "traces_service_graph_") || !service_graphs.empty()) {
    finding.what_to_do +=
        " Service-graph metrics are there (traces_service_graph_...): they count calls between services, not "
        "operations. "
        "Whatever makes them can make span metrics too: in Tempo add span-metrics to metrics_generator.processors, in "
        "a "
        "collector put the spanmetrics connector beside servicegraph.";
  }
  if (any_starts_with(around.relatives, "traces_target_info")) {
    finding.what_to_do +=
        " traces_target_info is there, so a metrics generator is at work: its span metrics are switched off or dropped "
        "on their way (relabelling, a limit).";
  }
  if (any_starts_with(around.relatives, "otelcol_")) {
    finding.what_to_do +=
        " The store does scrape a collector's own metrics (otelcol_...); the spanmetrics come from another port, that "
        "of "
        "its prometheus exporter, and need a scrape job of their own.";
  }
  findings.push_back(std::move(finding));
}

void add_unusable(const StoreSchema& schema, std::vector<Finding>& findings) {
  Finding finding = new_finding(FindingId::no_usable_family, Severity::problem,
                                "The store holds metrics that look like span metrics, but none that can be used.");
  for (std::size_t i = 0; i < std::min<std::size_t>(schema.families.size(), 3); ++i) {
    const Family& family = schema.families[i];
    finding.why +=
        (i == 0 ? "" : " ") + family_title(family) + ": " + sentence(base::printable(family.rejected_because, 300));
  }
  finding.what_to_do =
      "Every series needs a label with the service (service_name) and one with the operation (span_name). If yours are "
      "called otherwise, write the names out: --schema.calls, --schema.histogram, --schema.service-label, "
      "--schema.operation-label. If labels are dropped on the way (aggregation, relabelling), keep these.";
  findings.push_back(std::move(finding));
}

void add_misfit(const Observations& seen, const Options& options, std::vector<Finding>& findings) {
  const StoreSchema& schema = *seen.schema;
  Finding finding =
      new_finding(FindingId::settings_do_not_fit, Severity::problem, "Nothing in the store fits the settings");
  if (!options.naming_settings.empty()) finding.what += " " + list_text(options.naming_settings, 12);
  finding.what += ".";
  finding.why =
      "A naming setting is taken at its word: metrics under other names are not used, so everything is empty.";
  const Family* best = best_unchosen(schema);
  if (best != nullptr && !best->misfit.empty())
    finding.why = sentence(base::printable(best->misfit, 300)) + " " + finding.why;
  if (best != nullptr) finding.why += " The span metrics in the store are " + family_title(*best) + ".";
  finding.what_to_do = "Remove these settings: the names are then found by themselves.";
  const std::vector<std::string>& fitting = schema.settings_that_fit;
  if (!fitting.empty()) finding.what_to_do += " Or let them say what is there: " + list_text(fitting, 12) + ".";
  findings.push_back(std::move(finding));
}

/// Only the names of one schema were looked for, and they are not there. What else there is was not asked.
void add_wrong_schema(const Observations& seen, const Options& options, std::vector<Finding>& findings) {
  Finding finding = new_finding(FindingId::settings_do_not_fit, Severity::problem,
                                "Nothing in the store has the names of the schema that is set");
  if (!options.naming_settings.empty()) finding.what += " (" + list_text(options.naming_settings, 12) + ")";
  finding.what += "." + what_else_is_there(seen.surroundings);
  finding.why =
      "Where a schema is named (--schema) or written out (--schema.calls, ...), no other names are looked for, so "
      "everything is empty.";
  finding.why += down_jobs(seen.surroundings);
  finding.what_to_do =
      "Remove the setting, and ask again: the names are then found by themselves, or this says what there is instead.";
  findings.push_back(std::move(finding));
}

void add_several(const StoreSchema& schema, std::vector<Finding>& findings) {
  if (schema.also_live.empty()) return;
  std::vector<std::string> others;
  others.reserve(schema.also_live.size());
  for (const std::size_t other : schema.also_live) others.push_back(family_title(schema.families[other]));
  std::string what = "The store holds " + std::to_string(others.size() + 1) + " families of span metrics. Used is " +
                     family_title(*schema.family()) + "; left aside: " + list_text(others, 4) + ".";
  Finding finding = new_finding(FindingId::several_families, Severity::hint, std::move(what));
  finding.why =
      sentence(base::printable(schema.reason, 500)) + " Families are never added up: the same calls would count twice.";
  finding.what_to_do =
      "Nothing, if that is the right one. Else name the other one: --schema=NAME (processor, tempo, ...), or "
      "--schema.calls and --schema.histogram. And stop writing the one that nobody needs.";
  findings.push_back(std::move(finding));
}

}  // namespace

void add_name_findings(const Observations& seen, const Options& options, std::vector<Finding>& findings) {
  if (!seen.schema) return;
  const StoreSchema& schema = *seen.schema;
  if (seen.family() != nullptr) return add_several(schema, findings);
  // What lies ahead of the clock will be usable once the clocks agree.
  if (seen.newest_ms && *seen.newest_ms > seen.now_ms + options.skew_allowed.count()) return;
  const bool misfit = schema.origin == StoreSchema::Origin::fallback && best_unchosen(schema) != nullptr;
  if (misfit) return add_misfit(seen, options, findings);
  if (std::ranges::any_of(schema.families, is_serious)) return add_unusable(schema, findings);
  if (options.schema_given) return add_wrong_schema(seen, options, findings);
  add_nothing_there(seen, options, findings);
}

}  // namespace spm::diagnosis
