#pragma once

#include <cstddef>
#include <string_view>

namespace spm::base {

/// The fewest insertions, deletions and replacements of bytes that make `a` of `b`. Costs the product of the lengths.
std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace spm::base
