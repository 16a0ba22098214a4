#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spm::promql {

/// Why RE2 would not take `pattern`, where that is sure: brackets that do not match, nothing to repeat, an escape that
/// does not end. Not a whole judgement: what passes may still be refused.
std::optional<std::string> regex_problem(std::string_view pattern);

/// Whether `pattern`, anchored at both ends, matches the empty string. Where that cannot be told: false.
bool regex_matches_empty(std::string_view pattern);

}  // namespace spm::promql
