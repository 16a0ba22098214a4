#include "constraints.hpp"

namespace spm::schema {
namespace {

std::string wanted_prefix(const NamingOptions& naming) {
  return naming.metric_namespace->empty() ? std::string() : *naming.metric_namespace + "_";
}

std::string_view unit_suffix(DurationUnit unit) noexcept {
  return unit == DurationUnit::seconds ? "seconds" : "milliseconds";
}

}  // namespace

std::string misfit(const NamingOptions& naming, const FoundFamily& found) {
  if (naming.metric_namespace) {
    const std::string wanted = wanted_prefix(naming);
    if (underscored(found.prefix()) != underscored(wanted)) {
      if (wanted.empty()) return "PROMETHEUS_QUERY_NAMESPACE is empty, which asks for names without a prefix";
      return "PROMETHEUS_QUERY_NAMESPACE asks for names that begin with " + wanted;
    }
  }
  if (naming.normalize_calls == true && !found.calls.name.empty() && !found.calls.total) {
    return "PROMETHEUS_QUERY_NORMALIZE_CALLS=true asks for a calls counter that ends in _total";
  }
  const bool suffix_matters = naming.normalize_duration == true && !found.histogram.base.empty();
  if (!suffix_matters) return {};
  const std::string& unit = found.histogram.unit;
  if (naming.duration_unit) {
    const std::string_view wanted = unit_suffix(*naming.duration_unit);
    if (unit != wanted) {
      return "PROMETHEUS_QUERY_NORMALIZE_DURATION=true with PROMETHEUS_QUERY_DURATION_UNIT asks for a histogram named "
             "_" +
             std::string(wanted);
    }
  } else if (unit.empty()) {
    return "PROMETHEUS_QUERY_NORMALIZE_DURATION=true asks for a histogram with its unit in its name";
  }
  return {};
}

bool constrains(const NamingOptions& naming) noexcept {
  return naming.metric_namespace.has_value() || naming.normalize_calls == true || naming.normalize_duration == true;
}

std::optional<model::MetricNames> fully_given(const NamingOptions& naming) {
  if (!naming.metric_namespace || !naming.normalize_calls || !naming.normalize_duration) return std::nullopt;
  if (*naming.normalize_duration && !naming.duration_unit) return std::nullopt;
  NamingOptions without_preference = naming;
  without_preference.spanmetrics_connector.reset();
  return names_from_settings(without_preference);
}

bool prefers_operation(const NamingOptions& naming) noexcept { return naming.spanmetrics_connector == false; }

int agreement(const NamingOptions& naming, const FoundFamily& found) {
  int score = 0;
  const bool operation = found.family.names.operation_label.ends_with("operation");
  if (naming.spanmetrics_connector && operation == prefers_operation(naming)) score += 4;
  if (naming.normalize_calls == false && !found.calls.name.empty() && !found.calls.total) score += 2;
  if (naming.normalize_duration == false && found.histogram.unit.empty()) score += 2;
  if (naming.metric_namespace && found.prefix() == wanted_prefix(naming)) score += 1;
  if (naming.duration_unit && found.histogram.unit == unit_suffix(*naming.duration_unit)) score += 1;
  return score;
}

}  // namespace spm::schema
