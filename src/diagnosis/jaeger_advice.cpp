#include "jaeger_advice.hpp"

#include <array>
#include <string_view>

#include <spm/schema/jaeger_settings.hpp>

#include "words.hpp"

namespace spm::diagnosis {
namespace {

struct Spelling {
  std::string_view variable;
  std::string_view flag;
  std::string_view v2;
};
constexpr std::array kSpellings = {
    Spelling{"PROMETHEUS_QUERY_NAMESPACE", "--prometheus.query.namespace", "metric_namespace"},
    Spelling{"PROMETHEUS_QUERY_NORMALIZE_CALLS", "--prometheus.query.normalize-calls", "normalize_calls"},
    Spelling{"PROMETHEUS_QUERY_NORMALIZE_DURATION", "--prometheus.query.normalize-duration", "normalize_duration"},
    Spelling{"PROMETHEUS_QUERY_DURATION_UNIT", "--prometheus.query.duration-unit", "latency_unit"},
};

/// The names that Jaeger asked for before there was a spanmetrics connector.
bool reads_like_the_processor(const model::MetricNames& names) {
  return names.calls == "calls_total" && names.bucket == "latency_bucket" && names.service_label == "service_name" &&
         names.operation_label == "operation" && names.kind_label == "span_kind" &&
         names.status_label == "status_code" && names.to_milliseconds == 1;
}

}  // namespace

JaegerSettings jaeger_settings(const schema::Family& family) {
  JaegerSettings made;
  made.why_not = sentence(schema::why_not_jaeger(family));
  if (!made.why_not.empty()) {
    if (reads_like_the_processor(family.names)) {
      made.remark =
          "Only Jaeger 1.23 to 1.46 reads these names (1.46 with "
          "PROMETHEUS_QUERY_SUPPORT_SPANMETRICS_CONNECTOR=false).";
    }
    return made;
  }
  for (const std::string& line : schema::settings_for(family.names)) {
    const std::size_t equals = line.find('=');
    const std::string variable = line.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : line.substr(equals + 1);
    for (const Spelling& spelling : kSpellings) {
      if (spelling.variable != variable) continue;
      // To Jaeger v1 an empty variable is one that is not set.
      made.v1.push_back(value.empty() ? std::string(spelling.flag) + "=" : line);
      made.v2 += std::string(spelling.v2) + ": " + (value.empty() ? "\"\"" : value) + "\n";
    }
  }
  if (family.names.to_milliseconds != 1) {
    made.remark = "Jaeger never converts: it shows these " + unit_name(family.names) +
                  " as if they were milliseconds. Through this service they are milliseconds.";
  }
  return made;
}

std::string unit_name(const model::MetricNames& names) {
  if (names.to_milliseconds == 1) return "milliseconds";
  if (names.to_milliseconds == 1e3) return "seconds";
  if (names.to_milliseconds == 1e-3) return "microseconds";
  if (names.to_milliseconds == 1e-6) return "nanoseconds";
  return std::to_string(names.to_milliseconds) + " milliseconds";
}

}  // namespace spm::diagnosis
