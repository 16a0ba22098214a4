#include <nlohmann/json.hpp>

#include <spm/diagnosis/render.hpp>

#include "words.hpp"

namespace spm::diagnosis {
namespace {

using Json = nlohmann::ordered_json;

/// "" as null: what is not there is not called "".
Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json number_or_null(const std::optional<std::int64_t>& number) { return number ? Json(*number) : Json(); }

Json json_of(const Finding& finding) {
  Json made;
  made["id"] = text_of(finding.id);
  made["severity"] = finding.severity == Severity::problem ? "problem" : "hint";
  made["what"] = finding.what;
  made["why"] = finding.why;
  made["whatToDo"] = finding.what_to_do;
  return made;
}

Json json_of(const FamilyFacts& family) {
  Json made;
  made["chosen"] = family.chosen;
  made["notChosenBecause"] = text_or_null(family.not_chosen_because);
  made["producer"] = text_or_null(family.producer);
  made["calls"] = text_or_null(family.calls);
  made["histogram"] = text_or_null(family.histogram);
  made["histogramForms"] = family.histogram_forms;
  made["serviceLabel"] = text_or_null(family.service_label);
  made["operationLabel"] = text_or_null(family.operation_label);
  made["kindLabel"] = text_or_null(family.kind_label);
  made["statusLabel"] = text_or_null(family.status_label);
  made["errorValues"] = family.error_values;
  made["errorSeen"] = family.error_seen;
  made["unit"] = text_or_null(family.unit);
  made["unitKnownBy"] = text_or_null(family.unit_known_by);
  made["newestAgeMs"] = number_or_null(family.newest_age_ms);
  return made;
}

Json json_of(const JaegerSettings& jaeger) {
  Json made;
  made["possible"] = jaeger.why_not.empty();
  made["whyNot"] = text_or_null(jaeger.why_not);
  made["v1"] = jaeger.v1;
  made["v2"] = text_or_null(jaeger.v2);
  made["remark"] = text_or_null(jaeger.remark);
  return made;
}

Json json_of(const ServiceFacts& service) {
  Json made;
  made["name"] = service.name;
  made["newestAgeMs"] = number_or_null(service.newest_age_ms);
  made["kinds"] = service.kinds;
  return made;
}

template <class T>
Json json_of_all(const std::vector<T>& items) {
  Json made = Json::array();
  for (const T& item : items) made.push_back(json_of(item));
  return made;
}

}  // namespace

std::string to_json(const Report& report, int indent) {
  Json made;
  made["healthy"] = report.healthy();
  made["examinedAt"] = time_text(report.examined_at_ms);
  made["findings"] = json_of_all(report.findings);

  Json& store = made["store"];
  store["url"] = text_or_null(report.store.url);
  store["reachable"] = report.store.reachable;
  store["kind"] = text_or_null(report.store.kind);
  store["version"] = text_or_null(report.store.version);
  store["reading"] = text_or_null(report.store.reading);

  made["choice"] = text_or_null(report.choice);
  made["families"] = json_of_all(report.families);
  made["familiesLeftOut"] = report.families_left_out;
  made["lookAlikes"] = report.look_alikes;
  made["settingsNeeded"] = report.settings_needed;
  made["jaeger"] = report.jaeger ? json_of(*report.jaeger) : Json();
  made["services"] = json_of_all(report.services);
  made["servicesLeftOut"] = report.services_left_out;
  made["sampleIntervalMs"] = number_or_null(report.rhythm.sample_interval_ms);
  made["changeIntervalMs"] = number_or_null(report.rhythm.change_interval_ms);
  made["notAsked"] = report.not_asked;
  // Names come from the store and may hold any bytes.
  return made.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace spm::diagnosis
