#pragma once

#include <span>
#include <string>
#include <string_view>

namespace spm::config {

/// The candidate that takes the fewest insertions, deletions and replacements to become `word`; the first of equals.
/// Empty when there are no candidates.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace spm::config
