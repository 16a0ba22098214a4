#include "prometheus_times.hpp"

#include <chrono>
#include <cmath>

#include <spm/base/utf8.hpp>
#include <spm/model/metric_query.hpp>
#include <spm/promql/parser.hpp>

#include "go_numbers.hpp"

namespace spm::http {
namespace {

using base::fail;
using base::invalid_parameter;
using base::Result;

// Years 1 to 9999, the ones that RFC 3339 and Prometheus can write.
constexpr std::int64_t kFirstMs = -62'135'596'800'000;
constexpr std::int64_t kLastMs = 253'402'300'799'999;

/// `digits` digits off the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// ".123456": its nearest milliseconds. No fraction: 0.
std::optional<int> take_fraction_ms(std::string_view& text) {
  if (!take(text, '.')) return 0;
  double value = 0;
  double weight = 1;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    weight /= 10;
    value += weight * (text[digits] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<int>(std::lround(value * 1000));
}

std::optional<int> take_offset_minutes(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return 0;
  const bool negative = text.starts_with('-');
  if (!negative && !text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const int offset = *hours * 60 + *minutes;
  return negative ? -offset : offset;
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto y = take_number(text, 4);
  if (!y || !take(text, '-')) return std::nullopt;
  const auto m = take_number(text, 2);
  if (!m || !take(text, '-')) return std::nullopt;
  const auto d = take_number(text, 2);
  if (!d || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
  const year_month_day date(year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d)));
  const auto hour = take_number(text, 2);
  if (!date.ok() || !hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *second > 59) return std::nullopt;
  const auto fraction = take_fraction_ms(text);
  if (!fraction) return std::nullopt;
  const auto offset = take_offset_minutes(text);
  if (!offset || !text.empty()) return std::nullopt;
  const auto time = sys_days(date) + hours(*hour) + minutes(*minute - *offset) + seconds(*second);
  return duration_cast<milliseconds>(time.time_since_epoch()).count() + *fraction;
}

std::optional<std::int64_t> duration_ms(std::string_view text) {
  // The language's own durations; anything but letters and digits would be read as something else.
  if (text.find_first_not_of("0123456789ywdhms") != std::string_view::npos) return std::nullopt;
  const auto tree = promql::parse("a[" + std::string(text) + "]");
  if (!tree) return std::nullopt;
  const auto* selector = (*tree)->as<promql::Selector>();
  return selector == nullptr ? std::nullopt : std::optional(selector->range_ms);
}

std::string quoted(std::string_view text) { return "'" + base::printable(text, 60) + "'"; }

}  // namespace

Result<std::int64_t> parse_prometheus_time(std::string_view name, std::string_view text) {
  std::optional<std::int64_t> ms;
  if (const auto seconds = parse_go_float(text)) {
    const double exact = std::round(*seconds * 1000);
    if (exact >= static_cast<double>(kFirstMs) && exact <= static_cast<double>(kLastMs)) {
      ms = static_cast<std::int64_t>(exact);
    }
  } else {
    ms = parse_rfc3339(text);
    if (!ms) {
      return fail(invalid_parameter(name, quoted(text) + " is not a time, write seconds such as 1795141800.5 or "
                                                         "RFC 3339 such as 2026-11-20T02:30:00Z"));
    }
  }
  if (!ms || *ms < kFirstMs || *ms > kLastMs) {
    return fail(invalid_parameter(name, quoted(text) + " is outside the years 1 to 9999, write seconds of Unix time"));
  }
  return *ms;
}

Result<std::int64_t> parse_prometheus_duration(std::string_view name, std::string_view text) {
  std::optional<std::int64_t> ms;
  if (const auto seconds = parse_go_float(text)) {
    const double exact = std::round(*seconds * 1000);
    if (exact >= 1 && exact <= static_cast<double>(model::kMaxDurationMs)) ms = static_cast<std::int64_t>(exact);
  } else {
    ms = duration_ms(text);
  }
  if (ms) return *ms;
  return fail(invalid_parameter(
      name, quoted(text) + " is not a duration of a millisecond or more, write seconds such as 60 or 15.5, or 1m30s"));
}

Result<std::optional<std::int64_t>> optional_time(const PrometheusForm& form, std::string_view name) {
  auto text = form.one(name);
  if (!text) return fail(std::move(text.error()));
  if (text->empty()) return std::nullopt;
  auto time = parse_prometheus_time(name, *text);
  if (!time) return fail(std::move(time.error()));
  return *time;
}

Result<model::TimeGrid> read_grid(const PrometheusForm& form) {
  std::int64_t times[2] = {0, 0};
  constexpr std::string_view kNames[2] = {"start", "end"};
  for (int i = 0; i < 2; ++i) {
    auto time = optional_time(form, kNames[i]);
    if (!time) return fail(std::move(time.error()));
    if (!*time) return fail(invalid_parameter(kNames[i], "it is missing, write seconds of Unix time"));
    times[i] = **time;
  }
  if (times[1] < times[0]) return fail(invalid_parameter("end", "the end lies before the start"));

  auto text = form.one("step");
  if (!text) return fail(std::move(text.error()));
  if (text->empty()) return fail(invalid_parameter("step", "it is missing, write seconds such as 60"));
  auto step = parse_prometheus_duration("step", *text);
  if (!step) return fail(std::move(step.error()));

  model::TimeGrid grid;
  grid.start_ms = times[0];
  grid.step_ms = *step;
  grid.points = static_cast<std::size_t>((times[1] - times[0]) / *step) + 1;
  if (grid.points > model::kMaxPointsPerSeries) {
    const std::int64_t least = (times[1] - times[0]) / static_cast<std::int64_t>(model::kMaxPointsPerSeries) + 1;
    return fail(invalid_parameter("step", quoted(*text) + " makes " + std::to_string(grid.points) +
                                              " points, at most " + std::to_string(model::kMaxPointsPerSeries) +
                                              " are answered: write a step of " + std::to_string((least + 999) / 1000) +
                                              " s or more, or ask for less time"));
  }
  return grid;
}

}  // namespace spm::http
