#include "latency_unit.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace spm::schema {
namespace {

std::optional<DurationUnit> by_name(const HistogramName& histogram) {
  if (histogram.unit == "seconds") return DurationUnit::seconds;
  if (!histogram.unit.empty()) return DurationUnit::milliseconds;
  return std::nullopt;
}

std::optional<DurationUnit> by_producer(const HistogramName& histogram, std::string_view operation_label) {
  const std::string name = underscored(histogram.base);
  if (name == "signoz_latency") return DurationUnit::milliseconds;
  if (!name.ends_with("spanmetrics_latency")) return std::nullopt;
  // Grafana Agent and Tempo write the same name in different units.
  const bool agent = operation_label == "operation" || operation_label == "exported_operation";
  return agent ? DurationUnit::milliseconds : DurationUnit::seconds;
}

std::optional<DurationUnit> by_bounds(std::span<const double> bounds) {
  if (bounds.empty()) return std::nullopt;
  const double smallest = bounds.front();
  const double largest = bounds.back();
  // The collector's own default bounds, 2 to 10 ms, written in microseconds.
  constexpr std::array<double, 5> kInMicroseconds = {2000, 4000, 6000, 8000, 10000};
  if (smallest >= 1e5 && largest >= 1e9) return DurationUnit::nanoseconds;
  if (smallest >= 1e3 && largest >= 1e6 && std::ranges::includes(bounds, kInMicroseconds)) {
    return DurationUnit::microseconds;
  }
  if (smallest < 0.05 && largest <= 60) return DurationUnit::seconds;
  if (smallest >= 1 && largest >= 1000) return DurationUnit::milliseconds;
  return std::nullopt;
}

LatencyUnit known(DurationUnit unit, UnitSource source) { return {to_milliseconds(unit), source}; }

}  // namespace

std::vector<double> finite_bounds(std::span<const std::string> le_values) {
  std::vector<double> bounds;
  for (const std::string& text : le_values) {
    const char* first = text.data();
    const char* const last = text.data() + text.size();
    if (first != last && *first == '+') ++first;
    double value = 0;
    const auto [end, problem] = std::from_chars(first, last, value);
    if (problem == std::errc() && end == last && std::isfinite(value)) bounds.push_back(value);
  }
  std::ranges::sort(bounds);
  return bounds;
}

LatencyUnit infer_unit(const HistogramName& histogram, std::string_view operation_label, std::span<const double> bounds,
                       std::optional<DurationUnit> setting) {
  if (const auto unit = by_name(histogram)) return known(*unit, UnitSource::name);
  if (const auto unit = by_producer(histogram, operation_label)) return known(*unit, UnitSource::producer);
  if (const auto unit = by_bounds(bounds)) return known(*unit, UnitSource::bounds);
  if (setting) return known(*setting, UnitSource::setting);
  return {};
}

}  // namespace spm::schema
