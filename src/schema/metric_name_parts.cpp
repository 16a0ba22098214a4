#include "metric_name_parts.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>

namespace spm::schema {
namespace {

/// Nobody calls a metric so; a store may not even take questions of such a length.
constexpr std::size_t kLongestNameBytes = 500;

bool is_separator(char c) noexcept { return c == '.' || c == '_'; }

bool take_suffix(std::string_view& name, std::string_view suffix) noexcept {
  if (!name.ends_with(suffix)) return false;
  name.remove_suffix(suffix.size());
  return true;
}

/// Takes `.word` or `_word` off the end.
bool take_separated(std::string_view& name, std::string_view word) noexcept {
  if (name.size() <= word.size() || !name.ends_with(word)) return false;
  if (!is_separator(name[name.size() - word.size() - 1])) return false;
  name.remove_suffix(word.size() + 1);
  return true;
}

/// What stands before `word` at the end of `name`: nothing, or something that ends in a separator.
std::optional<std::string_view> prefix_before(std::string_view name, std::string_view word) noexcept {
  if (!name.ends_with(word)) return std::nullopt;
  name.remove_suffix(word.size());
  if (!name.empty() && !is_separator(name.back())) return std::nullopt;
  return name;
}

std::optional<CallsName> as_calls(std::string_view name) {
  std::string_view rest = name;
  const bool total = take_suffix(rest, "_total");
  const auto prefix = prefix_before(rest, "calls");
  if (!prefix) return std::nullopt;
  CallsName calls;
  calls.name = name;
  calls.prefix = *prefix;
  calls.total = total;
  return calls;
}

std::optional<HistogramName> as_histogram_base(std::string_view base) {
  constexpr std::array<std::string_view, 3> kUnits = {"milliseconds", "seconds", "ms"};
  constexpr std::array<std::string_view, 2> kWords = {"duration", "latency"};
  std::string_view rest = base;
  std::string_view unit;
  for (const std::string_view candidate : kUnits) {
    if (take_separated(rest, candidate)) {
      unit = candidate;
      break;
    }
  }
  for (const std::string_view word : kWords) {
    const auto prefix = prefix_before(rest, word);
    if (!prefix) continue;
    HistogramName histogram;
    histogram.base = base;
    histogram.prefix = *prefix;
    histogram.word = word;
    histogram.unit = unit;
    return histogram;
  }
  return std::nullopt;
}

}  // namespace

FoundNames sort_metric_names(std::span<const std::string> names) {
  FoundNames found;
  std::unordered_map<std::string, std::size_t> by_base;  // a store may have any number of names
  for (const std::string& name : names) {
    if (name.size() > kLongestNameBytes) continue;
    if (auto calls = as_calls(name)) {
      found.calls.push_back(std::move(*calls));
      continue;
    }
    std::string_view base = name;
    const bool bucket = take_separated(base, "bucket");
    const bool count = !bucket && take_suffix(base, "_count");
    auto histogram = as_histogram_base(base);
    if (!histogram) continue;
    const auto [place, fresh] = by_base.try_emplace(histogram->base, found.histograms.size());
    if (fresh) found.histograms.push_back(std::move(*histogram));
    HistogramName& known = found.histograms[place->second];
    if (bucket) known.bucket = name;
    if (count) known.count = name;
    if (!bucket && !count) known.bare = true;
  }
  return found;
}

HistogramName parse_histogram_base(std::string_view base) {
  if (auto histogram = as_histogram_base(base)) return std::move(*histogram);
  HistogramName unknown;
  unknown.base = base;
  return unknown;
}

CallsName parse_calls_name(std::string_view name) {
  if (auto calls = as_calls(name)) return std::move(*calls);
  CallsName unknown;
  unknown.name = name;
  return unknown;
}

std::vector<Group> pair_by_prefix(const FoundNames& names) {
  std::unordered_map<std::string_view, std::vector<const HistogramName*>> by_prefix;
  for (const HistogramName& histogram : names.histograms) by_prefix[histogram.prefix].push_back(&histogram);
  std::unordered_set<std::string_view> paired;

  std::vector<Group> groups;
  groups.reserve(names.calls.size());
  for (const CallsName& calls : names.calls) {
    paired.insert(calls.prefix);
    Group& group = groups.emplace_back();
    group.calls.push_back(calls);
    const auto fitting = by_prefix.find(calls.prefix);
    if (fitting == by_prefix.end()) continue;
    for (const HistogramName* histogram : fitting->second) group.histograms.push_back(*histogram);
  }
  for (const HistogramName& histogram : names.histograms) {
    if (!paired.contains(histogram.prefix)) groups.emplace_back().histograms.push_back(histogram);
  }
  return groups;
}

std::string underscored(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '.', '_');
  return out;
}

}  // namespace spm::schema
