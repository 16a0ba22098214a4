#include <string_view>

#include "jaeger_query_forms.hpp"

namespace spm::promql {
namespace {

bool take_suffix(std::string_view& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  name.remove_suffix(suffix.size());
  return true;
}

/// Takes `_word` or `.word` off the end.
bool take_part(std::string_view& name, std::string_view word) {
  if (name.size() <= word.size() || !name.ends_with(word)) return false;
  const char separator = name[name.size() - word.size() - 1];
  if (separator != '_' && separator != '.') return false;
  name.remove_suffix(word.size() + 1);
  return true;
}

/// Whether what is left ends with `word`, with nothing or a namespace before it.
bool ends_with_part(std::string_view name, std::string_view word) {
  if (!take_suffix(name, word)) return false;
  return name.empty() || name.ends_with('_') || name.ends_with('.') || name.ends_with(':');
}

}  // namespace

bool is_span_metric(model::MetricKind kind, std::string_view name) {
  if (kind != model::MetricKind::latency) {
    take_part(name, "total");
    return ends_with_part(name, "calls");
  }
  if (!take_part(name, "bucket")) return false;
  static_cast<void>(take_part(name, "milliseconds") || take_part(name, "seconds"));
  return ends_with_part(name, "duration") || ends_with_part(name, "latency");
}

bool has_namespace_of_its_own(std::string_view name) {
  constexpr std::string_view kConnector = "traces_span_metrics_";
  if (name.starts_with(kConnector)) return false;
  return !(name.starts_with("calls") || name.starts_with("duration") || name.starts_with("latency"));
}

}  // namespace spm::promql
