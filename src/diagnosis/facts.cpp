#include "facts.hpp"

#include <algorithm>
#include <utility>

#include <spm/base/utf8.hpp>

#include "jaeger_advice.hpp"
#include "words.hpp"

namespace spm::diagnosis {
namespace {

using schema::Family;
using schema::StoreSchema;
using schema::UnitSource;

std::string histogram_base(const Family& family) {
  if (!family.histogram_base.empty()) return family.histogram_base;
  if (!family.names.native_histogram.empty()) return family.names.native_histogram;
  std::string base = family.names.bucket;
  for (const std::string_view suffix : {"_bucket", ".bucket"}) {
    if (base.ends_with(suffix)) base.resize(base.size() - suffix.size());
  }
  return base;
}

std::string forms_text(const schema::HistogramForms& forms) {
  std::vector<std::string> there;
  if (forms.classic) there.emplace_back("classic buckets");
  if (forms.native) there.emplace_back("native histogram");
  if (forms.only_inf) there.emplace_back("+Inf bucket only");
  if (forms.vmrange) there.emplace_back("vmrange buckets");
  return there.empty() ? "none" : list_text(there);
}

std::string unit_source_text(UnitSource source) {
  switch (source) {
    case UnitSource::name:
      return "the metric's name";
    case UnitSource::producer:
      return "its producer";
    case UnitSource::bounds:
      return "its bucket bounds";
    case UnitSource::setting:
      return "the settings";
    case UnitSource::assumed:
      break;
  }
  return "nothing: assumed";
}

std::string why_not_chosen(const StoreSchema& schema, const Family& family) {
  if (!family.rejected_because.empty()) return family.rejected_because;
  if (!family.misfit.empty()) return family.misfit;
  if (family.looks_alike) return "it only looks like span metrics";
  return schema.chosen ? "another one is preferred" : "";
}

/// Names that only the settings spell out are not in the store.
bool is_in_store(const StoreSchema& schema, std::size_t index) {
  return schema.origin != StoreSchema::Origin::fallback || schema.chosen != index;
}

FamilyFacts facts_of(const StoreSchema& schema, std::size_t index, std::int64_t now_ms) {
  const Family& family = schema.families[index];
  const model::MetricNames& names = family.names;
  FamilyFacts facts;
  facts.chosen = schema.chosen == index;
  facts.calls = names.calls;
  facts.histogram = histogram_base(family);
  facts.histogram_forms = forms_text(family.histogram);
  facts.service_label = names.service_label;
  facts.operation_label = names.operation_label;
  facts.kind_label = names.kind_label;
  facts.status_label = names.status_label;
  if (!names.status_label.empty()) facts.error_values = names.error_values;
  facts.error_seen = family.error_value_seen;
  facts.producer = family.producer;
  if (can_be_read(family.histogram)) {
    facts.unit = unit_name(names);
    facts.unit_known_by = unit_source_text(family.unit_source);
  }
  if (family.newest_sample_ms) facts.newest_age_ms = now_ms - *family.newest_sample_ms;
  if (!facts.chosen) facts.not_chosen_because = why_not_chosen(schema, family);
  return facts;
}

void fill_from_schema(const Observations& seen, const Options& options, Report& report) {
  const StoreSchema& schema = *seen.schema;
  report.choice = schema.reason;
  for (std::size_t i = 0; i < schema.families.size(); ++i) {
    if (!is_in_store(schema, i)) continue;
    if (!is_serious(schema.families[i])) {
      const Family& family = schema.families[i];
      report.look_alikes.push_back(family.names.calls.empty() ? histogram_base(family) : family.names.calls);
    } else if (report.families.size() < options.max_families) {
      report.families.push_back(facts_of(schema, i, seen.now_ms));
    } else {
      ++report.families_left_out;
    }
  }
  for (FamilyFacts& facts : report.families) {
    if (facts.chosen && seen.newest_ms) facts.newest_age_ms = seen.now_ms - *seen.newest_ms;
  }
  const Family* advised = seen.family() != nullptr ? seen.family() : best_unchosen(schema);
  if (advised != nullptr) report.jaeger = jaeger_settings(*advised);
  if (seen.family() == nullptr) report.settings_needed = schema.settings_that_fit;
}

std::string kind_text(prometheus::StoreIdentity::Kind kind) {
  return kind == prometheus::StoreIdentity::Kind::victoria_metrics ? "VictoriaMetrics" : "Prometheus or alike";
}

}  // namespace

std::string family_title(const Family& family) {
  const std::string histogram = histogram_base(family);
  if (family.names.calls.empty()) return base::printable(histogram, 150);
  std::string title = base::printable(family.names.calls, 150);
  if (!histogram.empty()) title += " with " + base::printable(histogram, 150);
  return title;
}

bool is_serious(const Family& family) {
  if (family.rejected_because.empty() || !family.producer.empty()) return true;
  std::string name = family.names.calls;
  std::ranges::replace(name, '.', '_');
  return name == "calls" || name == "calls_total" || name.find("span_metrics_calls") != std::string::npos ||
         name.find("spanmetrics_calls") != std::string::npos;
}

const Family* best_unchosen(const StoreSchema& schema) {
  for (std::size_t i = 0; i < schema.families.size(); ++i) {
    if (schema.chosen != i && schema.families[i].rejected_because.empty()) return &schema.families[i];
  }
  return nullptr;
}

Report facts_of(const Observations& seen, const Options& options) {
  Report report;
  report.examined_at_ms = seen.now_ms;
  report.store.url = options.store_url;
  report.store.reachable = !seen.store_error;
  if (report.store.reachable) {
    report.store.kind = kind_text(seen.identity.kind);
    report.store.version = seen.identity.version;
  }
  if (seen.schema) fill_from_schema(seen, options, report);
  const std::size_t shown = std::min(seen.services.size(), options.max_services);
  for (std::size_t i = 0; i < shown; ++i) {
    ServiceFacts service;
    service.name = seen.services[i].name;
    if (seen.services[i].newest_ms) service.newest_age_ms = seen.now_ms - *seen.services[i].newest_ms;
    service.kinds = seen.services[i].kinds;
    report.services.push_back(std::move(service));
  }
  report.services_left_out = seen.services.size() - shown;
  report.rhythm = seen.rhythm;
  report.not_asked = seen.not_asked;
  return report;
}

}  // namespace spm::diagnosis
