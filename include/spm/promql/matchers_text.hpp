#pragma once

#include <string_view>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/promql/ast.hpp>

namespace spm::promql {

/// Reads matchers as a person writes them in a setting: `tenant="a",cluster=~"x|y"`, with or without braces around
/// them. At least one; no metric name (neither `__name__` nor a bare string); regular expressions must be such. The
/// error (invalid_argument) says what is wrong at which character, and shows what to write; it does not name the
/// setting.
base::Result<std::vector<Matcher>> parse_matchers(std::string_view text);

}  // namespace spm::promql
