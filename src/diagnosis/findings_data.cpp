#include <algorithm>
#include <utility>

#include <spm/base/utf8.hpp>

#include "findings.hpp"
#include "new_finding.hpp"
#include "words.hpp"

namespace spm::diagnosis {
namespace {

using schema::Family;

/// From here on an interval is worth telling: common scrape intervals are shorter.
constexpr std::int64_t kLongIntervalMs = 45'000;
/// Jaeger's own rate window.
constexpr std::int64_t kJaegersWindowMs = 600'000;
constexpr std::string_view kServer = "SPAN_KIND_SERVER";

void add_age(const Observations& seen, const Options& options, std::vector<Finding>& findings) {
  if (!seen.newest_ms) return;
  const std::int64_t age = seen.now_ms - *seen.newest_ms;
  if (-age > options.skew_allowed.count()) {
    Finding finding = new_finding(FindingId::clock_skew, Severity::problem,
                                  "The newest span metric lies " + span_text(-age) + " in the future.");
    finding.why =
        "Whoever writes the metrics stamps them with a clock that is ahead of this machine's. The tab asks until now: "
        "the "
        "newest part of the data is not in it, and after a correction of the clock the store refuses samples as too "
        "old.";
    finding.what_to_do =
        "Synchronise the clocks (chrony, systemd-timesyncd) of the machines where the collector and this service run. "
        "With the collector's prometheus exporter, send_timestamps: false lets the store's clock count.";
    findings.push_back(std::move(finding));
    return;
  }
  if (age <= options.stale_after.count()) return;
  Finding finding =
      new_finding(FindingId::stale_metrics, Severity::problem,
                  "The newest span metric is " + span_text(age) + " old (" + time_text(*seen.newest_ms) + ").");
  finding.why =
      "Nothing has been written since, so a tab that shows the last hour is empty or ends early: the exporter stopped, "
      "its "
      "target is gone, or it now writes to another store.";
  std::vector<std::string> down;
  for (const ScrapeJob& job : seen.surroundings.jobs) {
    if (job.down > 0) down.push_back(job.name);
  }
  if (!down.empty())
    finding.why += " The store says that targets of these scrape jobs are down: " + list_text(down) + ".";
  finding.what_to_do =
      "Look whether the collector runs and receives spans, then whether its metrics reach this store (the store's page "
      "/targets, or the collector's log for a failing remote write). Older data is still there: choose a longer time "
      "in "
      "the tab to see it.";
  findings.push_back(std::move(finding));
}

void add_hidden(const Observations& seen, std::vector<Finding>& findings) {
  const Family& family = *seen.family();
  if (!seen.services_known || seen.services.empty() || family.names.kind_label.empty()) return;
  std::vector<std::string> names;
  std::vector<std::string> with_kinds;
  for (const SeenService& service : seen.services) {
    if (std::ranges::find(service.kinds, kServer) != service.kinds.end()) continue;
    names.push_back(service.name);
    std::vector<std::string> kinds;
    kinds.reserve(service.kinds.size());
    for (const std::string& kind : service.kinds) kinds.push_back(spoken_kind(kind));
    with_kinds.push_back(base::printable(service.name, 60) + " has " + list_text(kinds, 5));
  }
  if (names.empty()) return;
  const bool all = names.size() == seen.services.size();
  std::string what = "No service has";
  if (!all) {
    what = std::to_string(names.size()) + " of " + count_text(seen.services.size(), "service");
    what += names.size() == 1 ? " has no" : " have no";
  }
  what += " server spans: " + list_text(names, 10) + ".";
  Finding finding = new_finding(FindingId::hidden_services, all ? Severity::problem : Severity::hint, std::move(what));
  finding.why = "The Monitor tab asks for spans of kind server unless told otherwise, and so shows nothing for " +
                std::string(names.size() == 1 ? "it" : "them") + ". Kinds there are: " + list_text(with_kinds, 5) + ".";
  finding.what_to_do =
      "Choose another span kind in the tab (or ask with spanKind=client, spanKind=consumer, ...). A service that is "
      "called by others should have server spans: if it has none, its instrumentation does not see incoming requests.";
  findings.push_back(std::move(finding));
}

void add_rhythm(const Observations& seen, std::vector<Finding>& findings) {
  const std::int64_t samples = seen.rhythm.sample_interval_ms.value_or(0);
  const std::int64_t changes = seen.rhythm.change_interval_ms.value_or(0);
  const std::int64_t interval = std::max(samples, changes);
  if (interval < kLongIntervalMs) return;
  const bool too_long = 2 * samples > kJaegersWindowMs;
  std::string what = changes > samples ? "The counters change only every " + span_text(changes) + "."
                                       : "Samples come only every " + span_text(samples) + ".";
  Finding finding =
      new_finding(FindingId::long_flush_interval, too_long ? Severity::problem : Severity::hint, std::move(what));
  finding.why = "A rate needs two different samples in its window. Windows (ratePer, or [1m] in a dashboard) under " +
                span_text(2 * interval) + " come back empty, or swing between nothing and too much; from " +
                span_text(4 * interval) + " on they are smooth.";
  if (too_long) finding.why += " Jaeger's own window of 10 min is too short, too.";
  finding.what_to_do =
      "Ask with windows of " + span_text(4 * interval) +
      " or more (Jaeger's own is 10 min). Or have samples come more often: metrics_flush_interval of the "
      "spanmetrics connector (60 s by default), and the store's scrape_interval.";
  findings.push_back(std::move(finding));
}

void add_overflow(const Observations& seen, std::vector<Finding>& findings) {
  if (!seen.overflow || seen.overflow->series <= 0) return;
  const Overflow& overflow = *seen.overflow;
  std::string what = count_text(static_cast<std::size_t>(overflow.series), "series");
  if (what.ends_with("seriess")) what.pop_back();
  what += " of " + std::to_string(static_cast<std::size_t>(overflow.all_series)) + " " +
          (overflow.series == 1 ? "is" : "are") + " overflow (" + overflow.label + "=\"true\")";
  if (overflow.call_share) what += ": " + percent_text(*overflow.call_share) + " of all calls are counted there";
  Finding finding = new_finding(FindingId::overflow_series, Severity::problem, what + ".");
  finding.why =
      "Whoever makes the metrics reached its limit of series, and counts what comes beyond it in one series without a "
      "service. Those calls are in no service's graph, and which services they belong to cannot be told.";
  finding.what_to_do =
      "Raise the limit (aggregation_cardinality_limit of the spanmetrics connector; max_active_series and its like of "
      "Tempo's metrics generator), or drop dimensions with many values: URLs with ids in span names are the usual "
      "cause.";
  findings.push_back(std::move(finding));
}

void add_resets(const Observations& seen, const Options& options, std::vector<Finding>& findings) {
  if (seen.resetting_series == 0) return;
  std::string what = seen.resetting_series == 1 ? std::string("1 counter begins")
                                                : std::to_string(seen.resetting_series) + " counters begin";
  what += " anew " + std::to_string(options.many_resets) + " times an hour or more, of " +
          list_text(seen.resetting_services, 8) + ".";
  Finding finding = new_finding(FindingId::counters_reset_together, Severity::problem, std::move(what));
  finding.why =
      "Most likely several collectors (or replicas of one) write the same series in turns. Each has a total of its "
      "own; "
      "every step down looks like a restart, and rates come out many times too high.";
  finding.what_to_do =
      "Give each collector's series a label of its own (service.instance.id, an external label or the scrape target's "
      "instance), or send all spans of one service to one collector (load-balancing exporter). If there is only one "
      "collector, it restarts this often: look at its log and memory limit.";
  findings.push_back(std::move(finding));
}

}  // namespace

void add_data_findings(const Observations& seen, const Options& options, std::vector<Finding>& findings) {
  const bool ahead = seen.newest_ms && *seen.newest_ms > seen.now_ms;
  if (seen.family() != nullptr || ahead) add_age(seen, options, findings);
  if (seen.family() == nullptr) return;
  add_hidden(seen, findings);
  add_rhythm(seen, findings);
  add_overflow(seen, findings);
  add_resets(seen, options, findings);
}

}  // namespace spm::diagnosis
