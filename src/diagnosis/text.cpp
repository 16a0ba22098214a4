#include <algorithm>
#include <string_view>

#include <spm/base/utf8.hpp>
#include <spm/diagnosis/render.hpp>

#include "words.hpp"

namespace spm::diagnosis {
namespace {

constexpr std::size_t kColumns = 98;
constexpr std::size_t kIndent = 14;

/// Lines of "label       words words", the words broken at spaces and set in their column.
class Page {
 public:
  void blank() { text_ += '\n'; }
  void line(std::string_view words) { (text_ += words) += '\n'; }

  void row(std::string_view label, std::string_view words) {
    std::string line(label.substr(0, kIndent - 1));
    line.resize(kIndent, ' ');
    std::size_t used = 0;  // words in this line
    while (!words.empty()) {
      const std::size_t end = std::min(words.find(' '), words.size());
      const std::string_view word = words.substr(0, end);
      words.remove_prefix(std::min(end + 1, words.size()));
      if (word.empty()) continue;
      if (used > 0 && line.size() + 1 + word.size() > kColumns) {
        (text_ += line) += '\n';
        line.assign(kIndent, ' ');
        used = 0;
      }
      if (used++ > 0) line += ' ';
      line += word;
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    (text_ += line) += '\n';
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string safe(std::string_view text) { return base::printable(text, 200); }

void write_findings(const Report& report, Page& page) {
  for (const Finding& finding : report.findings) {
    page.blank();
    page.line((finding.severity == Severity::problem ? "PROBLEM  " : "HINT  ") + std::string(text_of(finding.id)));
    page.row("  what", finding.what);
    page.row("  why", finding.why);
    page.row("  what to do", finding.what_to_do);
  }
}

void write_family(const FamilyFacts& family, Page& page) {
  page.row(family.chosen ? "Used" : "Not used", family.producer.empty() ? "(producer unknown)" : safe(family.producer));
  if (!family.chosen) page.row("  because", safe(family.not_chosen_because));
  page.row("  calls", family.calls.empty() ? "(counted by the histogram)" : safe(family.calls));
  if (!family.histogram.empty()) page.row("  latency", safe(family.histogram) + ", " + family.histogram_forms);
  if (!family.unit.empty()) page.row("  unit", family.unit + ", known by " + family.unit_known_by);
  std::vector<std::string> labels;
  for (const std::string& label :
       {family.service_label, family.operation_label, family.kind_label, family.status_label}) {
    if (!label.empty()) labels.push_back(label);
  }
  if (!labels.empty()) page.row("  labels", list_text(labels));
  if (!family.error_values.empty()) {
    page.row("  errors", list_text(family.error_values) + (family.error_seen ? "" : " (none seen yet)"));
  }
  if (family.newest_age_ms) page.row("  newest", age_text(*family.newest_age_ms));
}

void write_jaeger(const JaegerSettings& jaeger, Page& page) {
  page.blank();
  if (!jaeger.why_not.empty()) {
    page.line("A Jaeger that asks this store itself cannot read these metrics, whatever its settings:");
    page.row("", jaeger.why_not + " Let it ask through this service: that needs no settings.");
    if (!jaeger.remark.empty()) page.row("", jaeger.remark);
    return;
  }
  page.line("A Jaeger that asks this store itself would need (through this service it needs none):");
  for (const std::string& line : jaeger.v1) page.row(line == jaeger.v1.front() ? "  v1" : "", safe(line));
  page.row("", "(and before 1.58 PROMETHEUS_QUERY_SUPPORT_SPANMETRICS_CONNECTOR=true)");
  page.row("  v2", "extensions.jaeger_storage.metric_backends.<name>.prometheus:");
  std::string_view rest = jaeger.v2;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    page.line(std::string(kIndent + 2, ' ') + safe(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!jaeger.remark.empty()) page.row("", jaeger.remark);
}

void write_services(const Report& report, Page& page) {
  if (report.services.empty()) return;
  page.blank();
  page.line("Services seen (newest sample; kinds of span):");
  for (const ServiceFacts& service : report.services) {
    std::vector<std::string> kinds;
    kinds.reserve(service.kinds.size());
    for (const std::string& kind : service.kinds) kinds.push_back(spoken_kind(kind));
    std::string text = safe(service.name);
    if (service.newest_age_ms) text += ", " + age_text(*service.newest_age_ms);
    if (!kinds.empty()) text += "; " + list_text(kinds);
    page.line("  " + text);
  }
  if (report.services_left_out > 0) page.line("  and " + std::to_string(report.services_left_out) + " more");
}

std::string rhythm_text(const Rhythm& rhythm) {
  if (!rhythm.sample_interval_ms) return "";
  const std::int64_t samples = *rhythm.sample_interval_ms;
  std::string text = "samples every " + span_text(samples);
  if (rhythm.change_interval_ms) text += ", counters change every " + span_text(*rhythm.change_interval_ms);
  const std::int64_t longest = std::max(samples, rhythm.change_interval_ms.value_or(0));
  return text + "; rate windows under " + span_text(2 * longest) + " come back empty";
}

std::string summary(const Report& report) {
  const auto problems = static_cast<std::size_t>(
      std::ranges::count(report.findings, Severity::problem, [](const Finding& finding) { return finding.severity; }));
  const std::size_t hints = report.findings.size() - problems;
  std::string text = problems == 0 ? "No problems found" : count_text(problems, "problem") + " found";
  if (hints > 0) text += ", " + count_text(hints, "hint");
  return text + ".";
}

}  // namespace

std::string to_text(const Report& report) {
  Page page;
  page.line(summary(report));
  write_findings(report, page);
  page.blank();

  std::string store = report.store.url.empty() ? "(address not told)" : safe(report.store.url);
  store += report.store.reachable ? ": " + report.store.kind : ": not reached";
  if (report.store.reachable) {
    store += report.store.version.empty() ? ", version unknown" : ", version " + safe(report.store.version);
  }
  page.row("Store", store);
  if (!report.store.reading.empty()) page.row("Reading", safe(report.store.reading));
  if (!report.choice.empty()) page.row("Names", sentence(base::printable(report.choice, 600)));
  for (const FamilyFacts& family : report.families) write_family(family, page);
  if (report.families_left_out > 0) page.row("", "and " + std::to_string(report.families_left_out) + " more");
  if (!report.look_alikes.empty()) {
    page.row("Look-alikes",
             list_text(report.look_alikes, 4) + (report.look_alikes.size() == 1 ? " is" : " are") + " no span metrics");
  }
  const std::string rhythm = rhythm_text(report.rhythm);
  if (!rhythm.empty()) page.row("Rhythm", rhythm);
  if (report.store.reachable) {
    std::string settings = "this service needs none";
    if (!report.settings_needed.empty()) {
      settings += ": the ones given would have to be removed, or be " + list_text(report.settings_needed, 12);
    }
    page.row("Settings", settings);
  }
  if (report.jaeger) write_jaeger(*report.jaeger, page);
  write_services(report, page);
  if (!report.not_asked.empty()) {
    page.blank();
    page.line("Could not be asked:");
    for (const std::string& question : report.not_asked) page.row("", base::printable(question, 500));
  }
  return page.take();
}

}  // namespace spm::diagnosis
