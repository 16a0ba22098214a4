#include "jaeger_params.hpp"

#include <optional>

#include <spm/base/utf8.hpp>

#include "go_numbers.hpp"
#include "tag_params.hpp"

namespace spm::http {
namespace {

using base::fail;
using base::Result;

/// An empty value means absent, as in Jaeger.
Result<std::optional<std::int64_t>> optional_int(const Parameters& parameters, std::string_view name) {
  const std::string_view text = parameters.value(name);
  if (text.empty()) return std::nullopt;
  auto number = parse_go_int(text);
  if (!number) return fail(std::move(number.error()).about(std::string(name)));
  return *number;
}

void read_services(const Parameters& parameters, model::UncheckedMetricQuery& asked) {
  bool plus_written = false;
  for (const Parameter& parameter : parameters) {
    if (parameter.name != "service") continue;
    asked.services.push_back(parameter.value);
    asked.services_with_plus.push_back(parameter.value_with_plus);
    plus_written = plus_written || parameter.value != parameter.value_with_plus;
  }
  if (!plus_written) asked.services_with_plus.clear();
}

Result<void> read_span_kinds(const Parameters& parameters, model::UncheckedMetricQuery& asked) {
  for (const Parameter& parameter : parameters) {
    if (parameter.name != "spanKind") continue;
    const auto kind = model::span_kind_from_name(parameter.value);
    if (!kind) {
      return fail(base::invalid_parameter(
          "spanKind", "unsupported span kind: '" + base::printable(parameter.value, 60) +
                          "', write one of unspecified, internal, server, client, producer, consumer"));
    }
    asked.span_kinds.push_back(*kind);
  }
  return {};
}

}  // namespace

Result<model::MetricQuery> read_metric_query(const Parameters& parameters, model::MetricKind kind,
                                             std::int64_t now_ms) {
  model::UncheckedMetricQuery asked;
  asked.kind = kind;

  if (kind == model::MetricKind::latency) {
    const Parameter* text = parameters.first("quantile");
    if (text == nullptr || text->value.empty()) {
      return fail(base::invalid_parameter("quantile", "please provide a quantile between (0, 1]"));
    }
    auto quantile = parse_go_float(text->value);
    if (!quantile) return fail(std::move(quantile.error()).about("quantile"));
    asked.quantile = *quantile;
  }

  read_services(parameters, asked);
  if (asked.services.empty()) {
    return fail(base::invalid_parameter("service", "please provide at least one service name"));
  }
  if (const std::string_view text = parameters.value("groupByOperation"); !text.empty()) {
    auto group = parse_go_bool(text);
    if (!group) return fail(std::move(group.error()).about("groupByOperation"));
    asked.group_by_operation = *group;
  }
  if (auto kinds = read_span_kinds(parameters, asked); !kinds) return fail(std::move(kinds.error()));

  auto tags = read_tags(parameters);
  if (!tags) return fail(std::move(tags.error()));
  asked.tags = std::move(*tags);

  struct Time {
    std::string_view name;
    std::optional<std::int64_t> model::UncheckedMetricQuery::*member;
  };
  constexpr Time kTimes[] = {{"endTs", &model::UncheckedMetricQuery::end_ms},
                             {"lookback", &model::UncheckedMetricQuery::lookback_ms},
                             {"step", &model::UncheckedMetricQuery::step_ms},
                             {"ratePer", &model::UncheckedMetricQuery::rate_per_ms}};
  for (const Time& time : kTimes) {
    auto number = optional_int(parameters, time.name);
    if (!number) return fail(std::move(number.error()));
    asked.*time.member = *number;
  }
  return model::check(std::move(asked), now_ms);
}

bool wants_pretty_print(const Parameters& parameters) noexcept {
  const std::string_view value = parameters.value("prettyPrint");
  return !value.empty() && value != "false";
}

}  // namespace spm::http
