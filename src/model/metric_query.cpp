#include <algorithm>
#include <array>
#include <string>

#include <spm/base/utf8.hpp>
#include <spm/model/metric_query.hpp>

namespace spm::model {
namespace {

using base::fail;
using base::invalid_parameter;
using base::Result;

// Years 1 to 9999, the ones that RFC 3339 and Prometheus can write.
constexpr std::int64_t kFirstMs = -62'135'596'800'000;
constexpr std::int64_t kLastMs = 253'402'300'799'999;

Result<void> keep_each_once(std::vector<std::string>& services) {
  if (services.empty()) return fail(invalid_parameter("service", "please provide at least one service name"));
  if (services.size() > kMaxServices) {
    return fail(
        invalid_parameter("service", std::to_string(services.size()) + " service names in one request, at most " +
                                         std::to_string(kMaxServices) + " are answered: ask in several requests"));
  }
  std::vector<std::string> once;
  for (std::string& service : services) {
    if (service.empty()) {
      return fail(invalid_parameter("service", "a service name is empty: leave it out or write a name"));
    }
    if (!base::is_valid_utf8(service)) {
      return fail(invalid_parameter("service", "the service name '" + base::printable(service) + "' is not UTF-8"));
    }
    if (std::ranges::find(once, service) == once.end()) once.push_back(std::move(service));
  }
  services = std::move(once);
  return {};
}

Result<void> check_tags(std::vector<Label>& tags) {
  const auto refuse = [](std::string reason) { return fail(invalid_parameter("tag", std::move(reason))); };
  if (tags.size() > kMaxTags) {
    return refuse(std::to_string(tags.size()) + " tags in one request, at most " + std::to_string(kMaxTags) +
                  " are answered");
  }
  std::vector<Label> once;
  for (Label& tag : tags) {
    const std::string key = "'" + base::printable(tag.name, 60) + "'";
    if (tag.name.empty()) return refuse("the key is empty, write key:value");
    if (tag.name.size() > kMaxTagKeyBytes || tag.value.size() > kMaxTagValueBytes) {
      return refuse("the tag " + key + " is too long: a key has at most " + std::to_string(kMaxTagKeyBytes) +
                    " bytes, a value " + std::to_string(kMaxTagValueBytes));
    }
    if (!base::is_valid_utf8(tag.name) || !base::is_valid_utf8(tag.value)) {
      return refuse("the tag " + key + " is not UTF-8");
    }
    if (is_reserved_label(tag.name)) {
      return refuse("the label " + key + " is the store's own and cannot be filtered by");
    }
    const auto known = std::ranges::find(once, tag.name, &Label::name);
    if (known == once.end()) {
      once.push_back(std::move(tag));
    } else if (known->value != tag.value) {
      return refuse("the key " + key + " is given twice with different values: no series has both");
    }
  }
  tags = std::move(once);
  return {};
}

Result<std::int64_t> duration_within(std::string_view name, std::int64_t value, std::int64_t least) {
  if (value < least) {
    return fail(invalid_parameter(name, std::string(name) + " is " + std::to_string(value) +
                                            " ms, it must be at least " + std::to_string(least)));
  }
  if (value > kMaxDurationMs) {
    return fail(invalid_parameter(name, std::string(name) + " is " + std::to_string(value) +
                                            " ms, Prometheus takes at most " + std::to_string(kMaxDurationMs)));
  }
  return value;
}

/// The smallest multiple of the default step with which `lookback_ms` has at most kMaxPointsPerSeries points.
std::int64_t widened_step(std::int64_t lookback_ms) {
  constexpr auto kMaxSteps = static_cast<std::int64_t>(kMaxPointsPerSeries) - 1;
  // points = floor(lookback / step) + 1 <= max, so step > lookback / max_points.
  const std::int64_t least = lookback_ms / (kMaxSteps + 1) + 1;
  return (least + kDefaultStepMs - 1) / kDefaultStepMs * kDefaultStepMs;
}

std::size_t points_of(std::int64_t lookback_ms, std::int64_t step_ms) {
  return static_cast<std::size_t>(lookback_ms / step_ms) + 1;
}

}  // namespace

bool is_reserved_label(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 4> kReserved = {"le", "__name__", "quantile", "vmrange"};
  return std::ranges::find(kReserved, name) != kReserved.end();
}

Result<MetricQuery> check(UncheckedMetricQuery asked, std::int64_t now_ms) {
  MetricQuery query;
  query.kind = asked.kind;
  query.group_by_operation = asked.group_by_operation;

  query.services = std::move(asked.services);
  if (auto services = keep_each_once(query.services); !services) return fail(std::move(services.error()));
  if (!asked.services_with_plus.empty()) {
    // A second reading that is not a list of names is no reading: the first one stands alone.
    if (keep_each_once(asked.services_with_plus) && asked.services_with_plus != query.services) {
      query.services_with_plus = std::move(asked.services_with_plus);
    }
  }

  if (asked.span_kinds.empty()) asked.span_kinds.push_back(SpanKind::server);
  for (const SpanKind kind : asked.span_kinds) {
    if (std::ranges::find(query.span_kinds, kind) == query.span_kinds.end()) query.span_kinds.push_back(kind);
  }

  query.tags = std::move(asked.tags);
  if (auto tags = check_tags(query.tags); !tags) return fail(std::move(tags.error()));

  if (query.kind == MetricKind::latency) {
    if (!asked.quantile) return fail(invalid_parameter("quantile", "please provide a quantile between (0, 1]"));
    if (!(*asked.quantile > 0 && *asked.quantile <= 1)) {  // NaN is neither
      return fail(invalid_parameter("quantile", "please provide a quantile between (0, 1]"));
    }
    query.quantile = *asked.quantile;
  }

  const auto lookback = duration_within("lookback", asked.lookback_ms.value_or(kDefaultLookbackMs), 0);
  if (!lookback) return fail(lookback.error());
  const auto step = duration_within("step", asked.step_ms.value_or(kDefaultStepMs), 1);
  if (!step) return fail(step.error());
  const auto rate_window = duration_within("ratePer", asked.rate_per_ms.value_or(kDefaultRatePerMs), 1);
  if (!rate_window) return fail(rate_window.error());
  query.rate_window_ms = *rate_window;

  const std::int64_t end_ms = asked.end_ms.value_or(now_ms);
  if (end_ms < kFirstMs || end_ms > kLastMs) {
    return fail(invalid_parameter("endTs", "endTs " + std::to_string(end_ms) +
                                               " is outside the years 1 to 9999, write milliseconds of Unix time"));
  }
  if (*lookback > end_ms - kFirstMs) {
    return fail(invalid_parameter("lookback",
                                  "lookback " + std::to_string(*lookback) + " ms before endTs lies before the year 1"));
  }

  query.movable_end_ms = end_ms;
  query.grid.start_ms = end_ms - *lookback;
  query.grid.step_ms = *step;
  query.grid.points = points_of(*lookback, *step);
  if (query.grid.points > kMaxPointsPerSeries) {
    if (asked.step_ms) {
      return fail(invalid_parameter(
          "step", "step " + std::to_string(*step) + " ms makes " + std::to_string(query.grid.points) +
                      " points over this lookback, at most " + std::to_string(kMaxPointsPerSeries) +
                      " are answered: write a step of " +
                      std::to_string(*lookback / static_cast<std::int64_t>(kMaxPointsPerSeries) + 1) + " or more"));
    }
    query.default_step_widened_from_ms = kDefaultStepMs;
    query.grid.step_ms = widened_step(*lookback);
    query.grid.points = points_of(*lookback, query.grid.step_ms);
  }
  return query;
}

}  // namespace spm::model
