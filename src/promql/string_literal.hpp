#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace spm::promql {

struct StringLiteral {
  std::string value;
  std::size_t length = 0;  ///< bytes of the text, quotes included
};

struct StringLiteralError {
  std::size_t offset = 0;
  std::string reason;
};

/// Reads the literal at the start of `text`, which begins with ", ' or `. Go's escapes, except in backticks.
tl::expected<StringLiteral, StringLiteralError> read_string_literal(std::string_view text);

}  // namespace spm::promql
