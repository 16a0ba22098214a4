#include "ranking.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <tuple>

#include "constraints.hpp"

namespace spm::schema {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

std::int64_t newest_of(const FoundFamily& found) { return found.family.newest_sample_ms.value_or(kNever); }

std::int64_t newest_of_all(const std::vector<FoundFamily>& families) {
  std::int64_t newest = kNever;
  for (const FoundFamily& found : families) {
    if (found.usable()) newest = std::max(newest, newest_of(found));
  }
  return newest;
}

bool live(const FoundFamily& found, std::int64_t newest) {
  return newest != kNever && newest_of(found) != kNever && newest_of(found) >= newest - kLiveWithinMs;
}

/// Suffixes come and go together: calls_total with duration_milliseconds, calls with duration.
bool same_style(const FoundFamily& found) { return found.calls.total == !found.histogram.unit.empty(); }

/// What decides, in this order; larger is better.
constexpr std::size_t kCriteria = 12;
using Score = std::array<std::int64_t, kCriteria>;

constexpr std::array<std::string_view, kCriteria> kReasons = {
    "it can be used",
    "it fits the settings",
    "it has a known producer's name, or labels of span metrics",
    "its names are a known producer's",
    "it has span kinds",
    "it has statuses",
    "it has the newer samples",
    "it has the newer samples",
    "its latencies can be read",
    "it agrees with the settings",
    "its names are of one style",
    "it is the first in the order of known producers and labels",
};

Score score(const FoundFamily& found, const NamingOptions& naming, std::int64_t newest) {
  const Family& family = found.family;
  const bool is_live = live(found, newest);
  return {found.usable() ? 1 : 0,
          family.misfit.empty() ? 1 : 0,
          family.looks_alike ? 0 : 1,
          found.known_producer() ? 1 : 0,
          family.names.kind_label.empty() ? 0 : 1,
          family.names.status_label.empty() ? 0 : 1,
          is_live ? 1 : 0,
          is_live ? 0 : newest_of(found),
          found.has_latencies() ? 1 : 0,
          agreement(naming, found),
          same_style(found) ? 1 : 0,
          -(std::int64_t{found.producer_order} * 16 + found.variant)};
}

}  // namespace

void rank(std::vector<FoundFamily>& families, const NamingOptions& naming) {
  const std::int64_t newest = newest_of_all(families);
  std::ranges::stable_sort(families, [&](const FoundFamily& a, const FoundFamily& b) {
    const Score of_a = score(a, naming, newest);
    const Score of_b = score(b, naming, newest);
    if (of_a != of_b) return of_a > of_b;
    return std::tie(a.calls.name, a.histogram.base) < std::tie(b.calls.name, b.histogram.base);
  });
}

bool is_live(const FoundFamily& found, const std::vector<FoundFamily>& families) {
  return live(found, newest_of_all(families));
}

std::string why_before(const FoundFamily& best, const FoundFamily& other, const NamingOptions& naming,
                       const std::vector<FoundFamily>& families) {
  const std::int64_t newest = newest_of_all(families);
  const Score of_best = score(best, naming, newest);
  const Score of_other = score(other, naming, newest);
  for (std::size_t i = 0; i < kCriteria; ++i) {
    if (of_best[i] != of_other[i]) return std::string(kReasons[i]);
  }
  return "its names come first";
}

}  // namespace spm::schema
