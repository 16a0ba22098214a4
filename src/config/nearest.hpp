#pragma once

#include <span>
#include <string>
#include <string_view>

namespace spm::config {

/// The candidate that takes the fewest insertions, deletions and replacements to become `word`; the first of equals.
/// Empty when none is near: when more than half of the longer of both would have to change.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace spm::config
