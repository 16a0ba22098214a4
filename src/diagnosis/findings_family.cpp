#include <utility>

#include <spm/base/utf8.hpp>

#include "findings.hpp"
#include "new_finding.hpp"
#include "words.hpp"

namespace spm::diagnosis {
namespace {

using schema::Family;

void add_labels(const Family& family, std::vector<Finding>& findings) {
  if (family.names.kind_label.empty()) {
    Finding finding =
        new_finding(FindingId::no_kind_label, Severity::hint, "The span metrics have no label for the span kind.");
    finding.why =
        "The tab's choice of a span kind cannot be applied: all kinds count together, so calls that one service makes "
        "and "
        "another answers are counted at both ends. Jaeger itself would show nothing at all.";
    finding.what_to_do =
        "Let the producer write span_kind: the spanmetrics connector does so unless exclude_dimensions names "
        "span.kind. "
        "Answers carry the header X-SPM-Span-Kind until then.";
    findings.push_back(std::move(finding));
  }
  if (family.names.status_label.empty()) {
    Finding finding = new_finding(FindingId::no_status_label, Severity::problem,
                                  "The span metrics have no label for the status: errors cannot be recognised.");
    finding.why = "Error rates are 0 for every service, whatever happens. That is no statement about errors.";
    finding.what_to_do =
        "Let the producer write status_code: the spanmetrics connector does so unless exclude_dimensions names "
        "status.code. With the collector's gate spanmetrics.statusCodeConvention.useOtelPrefix the label "
        "(otel_status_code) comes with the first error, and is then found by itself. If another label tells errors, "
        "name "
        "it: --errors.matcher='http_status_code=~\"5..\"'.";
    findings.push_back(std::move(finding));
  } else if (!family.error_value_seen) {
    Finding finding = new_finding(
        FindingId::no_error_seen, Severity::hint,
        "No call with an error has been seen in the label " + base::printable(family.names.status_label, 60) + ".");
    finding.why =
        "Either nothing has failed, or errors are written in a way that is not known here. These values count "
        "as errors: " +
        list_text(family.names.error_values) + ".";
    if (!family.status_values.empty()) finding.why += " Seen are: " + list_text(family.status_values) + ".";
    finding.what_to_do =
        "Nothing, if nothing has failed. If calls did fail, check that spans get an error status (the trace view shows "
        "error=true), or say what an error is: --schema.error-values, --errors.matcher.";
    findings.push_back(std::move(finding));
  }
}

void add_histogram(const Observations& seen, std::vector<Finding>& findings) {
  const Family& family = *seen.family();
  const schema::HistogramForms& forms = family.histogram;
  const std::string name = base::printable(family.histogram_base, 120);
  const std::string no_latencies = "Latency graphs are empty, while calls and errors are there.";
  if (forms.classic) return;
  if (forms.native) {
    Finding finding = new_finding(FindingId::native_only, Severity::hint,
                                  "The latencies are a native histogram only: " + name + " has no classic buckets.");
    finding.why = "This service reads it. Jaeger itself does not: it asks for " + name +
                  "_bucket, and its latency graphs "
                  "stay empty.";
    finding.what_to_do =
        "Nothing, while Jaeger asks through this service. For a Jaeger that asks the store itself let the collector "
        "write "
        "explicit buckets (histogram: explicit), or the store keep both (scrape_classic_histograms; "
        "always_scrape_classic_histograms in Prometheus 3).";
    findings.push_back(std::move(finding));
  } else if (forms.only_inf) {
    Finding finding = new_finding(FindingId::only_inf_buckets, Severity::problem,
                                  "The latency histogram " + name + " has no bucket but +Inf.");
    finding.why = no_latencies +
                  " That is what is left of an exponential (native) histogram when it is scraped as text: the buckets "
                  "travel in the protobuf form only.";
    finding.what_to_do =
        "Let the collector write explicit buckets (histogram: explicit in the spanmetrics connector). ";
    finding.what_to_do +=
        seen.knows_native_histograms.value_or(true)
            ? "Or let the store take native histograms: --enable-feature=native-histograms in Prometheus 2.40 to 3.7, "
              "scrape_native_histograms: true from 3.8 on."
            : "This store knows no native histograms, so there is no other way with it.";
    findings.push_back(std::move(finding));
  } else if (forms.vmrange) {
    Finding finding = new_finding(FindingId::vmrange_buckets, Severity::hint,
                                  "The latency histogram " + name + " has VictoriaMetrics' own buckets (vmrange).");
    finding.why =
        "They come from an exponential histogram that VictoriaMetrics converted. This service reads them, a Jaeger "
        "that "
        "asks the store itself does not.";
    finding.what_to_do =
        "Nothing, as long as Jaeger asks through this service. Else let the collector write explicit buckets: "
        "histogram: explicit in the spanmetrics connector.";
    findings.push_back(std::move(finding));
  } else {
    std::string what = name.empty() ? std::string("There is no latency histogram beside the calls counter ") +
                                          base::printable(family.names.calls, 120) + "."
                                    : "The latency histogram " + name + " cannot be read: " +
                                          sentence(base::printable(family.histogram_unusable_because, 300));
    Finding finding = new_finding(FindingId::no_histogram, Severity::problem, std::move(what));
    finding.why = no_latencies;
    finding.what_to_do =
        "Switch the histogram on (histogram.disable: false in the spanmetrics connector) and look whether a "
        "relabelling "
        "rule drops it on its way. ";
    finding.what_to_do +=
        seen.knows_native_histograms.value_or(true)
            ? "If it is an exponential histogram, the store may refuse it: Prometheus 2.40 to 3.7 takes it only with "
              "--enable-feature=native-histograms."
            : "If it is an exponential histogram: this store knows none, so let the collector write explicit buckets.";
    findings.push_back(std::move(finding));
  }
}

void add_unit(const Family& family, std::vector<Finding>& findings) {
  const bool readable = can_be_read(family.histogram);
  if (!readable || family.unit_source != schema::UnitSource::assumed) return;
  Finding finding = new_finding(FindingId::unit_assumed, Severity::hint,
                                "Nothing tells the unit of the latencies: they are taken for milliseconds.");
  finding.why =
      "The metric's name, its producer and its bucket bounds leave it open; milliseconds are the collector's "
      "default. If that is wrong, every latency is shown wrong by a fixed factor.";
  finding.what_to_do =
      "Say it: PROMETHEUS_QUERY_DURATION_UNIT=ms or =s (us, ns). Or let the exporter add the unit to the name "
      "(translation with suffixes). Answers carry the header X-SPM-Unit until then.";
  findings.push_back(std::move(finding));
}

}  // namespace

void add_family_findings(const Observations& seen, std::vector<Finding>& findings) {
  const Family* family = seen.family();
  if (family == nullptr) return;
  add_labels(*family, findings);
  add_histogram(seen, findings);
  add_unit(*family, findings);
}

}  // namespace spm::diagnosis
