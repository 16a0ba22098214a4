#include <utility>

#include <spm/base/utf8.hpp>

#include "findings.hpp"
#include "new_finding.hpp"
#include "words.hpp"

namespace spm::diagnosis {
namespace {

using base::ErrorKind;

void add(std::vector<Finding>& findings, FindingId id, Severity severity, std::string what, std::string why,
         std::string what_to_do) {
  Finding finding = new_finding(id, severity, std::move(what));
  finding.why = std::move(why);
  finding.what_to_do = std::move(what_to_do);
  findings.push_back(std::move(finding));
}

std::string at(const Options& options) { return options.store_url.empty() ? "" : " (" + options.store_url + ")"; }

void add_store_error(const base::Error& error, const Options& options, std::vector<Finding>& findings) {
  const std::string said = sentence(base::printable(error.message, 500));
  const std::string empty =
      "Everything that the Monitor tab shows is read from this store: while it does not answer, "
      "the tab shows an error or nothing.";
  switch (error.kind) {
    case ErrorKind::store_unreachable:
      return add(findings, FindingId::store_unreachable, Severity::problem, said, empty,
                 "Check that the store runs, and that PROMETHEUS_SERVER_URL" + at(options) +
                     " is right as seen from the machine or container of this service: there localhost is not the "
                     "store's machine. Then look for a firewall or network policy between the two.");
    case ErrorKind::unauthenticated:
    case ErrorKind::permission_denied:
      return add(findings, FindingId::store_refuses_us, Severity::problem, said,
                 "Your own token was handed on to the store, and the store decides what it opens.",
                 "Ask with a token that the store accepts, or let this service use its own "
                 "(PROMETHEUS_TOKEN_FILE) by switching bearer token propagation off.");
    case ErrorKind::store_refused_us:
      return add(
          findings, FindingId::store_refuses_us, Severity::problem, said, empty,
          "Give this service credentials that the store accepts: PROMETHEUS_TOKEN_FILE, --store.basic-auth-file, "
          "or a tenant's header by --store.header (Mimir and Cortex want X-Scope-OrgID).");
    case ErrorKind::store_misbehaved:
    case ErrorKind::answer_too_large:
    case ErrorKind::query_rejected:
      return add(findings, FindingId::not_a_prometheus, Severity::problem, said,
                 "Something answers at the store's address, but not as a Prometheus does.",
                 "Check port and path of PROMETHEUS_SERVER_URL" + at(options) +
                     ": it is the part before /api/v1. Mimir and Cortex want /prometheus at its end, a VictoriaMetrics "
                     "cluster /select/0/prometheus; a Prometheus behind a web proxy wants the proxy's path.");
    case ErrorKind::deadline_exceeded:
      return add(findings, FindingId::store_slow, Severity::problem, said, empty,
                 "Look at the store's own load and memory. If it is only far away or small, give requests more time "
                 "with --query.timeout.");
    default:
      return add(findings, FindingId::store_failing, Severity::problem, said, empty,
                 "Look into the store's own log for the reason, then ask again.");
  }
}

void add_slowness(const Observations& seen, std::vector<Finding>& findings) {
  add(findings, FindingId::store_slow, Severity::problem,
      "The store did not answer in time when it was asked " + list_text(seen.timeouts, 3) + ".",
      "These were small questions. The tab's own read more, and end in time-outs or an empty tab.",
      "Look at the store's load and memory, and at how many series its span metrics have: dimensions with many values "
      "(URLs, user names) in the spanmetrics configuration are the usual cause.");
}

}  // namespace

void add_store_findings(const Observations& seen, const Options& options, std::vector<Finding>& findings) {
  if (seen.store_error) return add_store_error(*seen.store_error, options, findings);
  // What kept discovery from its end is told once, by its own words.
  if (seen.schema_error) add_store_error(*seen.schema_error, options, findings);
  if (!seen.timeouts.empty() && !(seen.schema_error && seen.timeouts.size() == 1)) add_slowness(seen, findings);
  if (!seen.store_warnings.empty()) {
    add(findings, FindingId::partial_data, Severity::problem,
        "The store warns about its own answers: " + sentence(list_text(seen.store_warnings, 3)),
        "It says so when a part of the data could not be read, for example a shard or a Thanos store that is down. "
        "What "
        "the tab shows is then too low, or services are missing, without any error.",
        "Bring back the part of the store that the warning names. Answers made meanwhile carry the header "
        "X-SPM-Warning.");
  }
  if (!seen.store_clock_ms) return;
  const std::int64_t ahead = *seen.store_clock_ms - seen.now_ms;
  if (ahead < options.skew_allowed.count() && -ahead < options.skew_allowed.count()) return;
  add(findings, FindingId::clock_skew, Severity::problem,
      "The store's clock and this machine's differ by " + span_text(ahead < 0 ? -ahead : ahead) + ".",
      "\"The last hour\" is then another hour for the tab than for the store: the newest part of every graph is "
      "missing "
      "or empty.",
      "Synchronise the clocks of both machines (chrony, systemd-timesyncd).");
}

}  // namespace spm::diagnosis
