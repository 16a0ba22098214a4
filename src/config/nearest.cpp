#include "nearest.hpp"

#include <algorithm>

#include <spm/base/edit_distance.hpp>

namespace spm::config {
std::string nearest(std::string_view word, std::span<const std::string> candidates) {
  // Names are short; what is longer is no slip of the finger, and must cost nothing.
  const std::string_view head = word.substr(0, 100);
  std::string best;
  std::size_t best_distance = 0;
  for (const std::string& candidate : candidates) {
    const std::size_t away = base::edit_distance(head, candidate);
    if (2 * away > std::max(head.size(), candidate.size())) continue;
    if (best.empty() || away < best_distance) {
      best = candidate;
      best_distance = away;
    }
  }
  return best;
}

}  // namespace spm::config
