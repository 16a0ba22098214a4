#pragma once

#include <cstdint>
#include <string_view>

#include <spm/base/result.hpp>

namespace spm::http {

// What Go's strconv accepts, because Jaeger reads its parameters with it. The error is a bare reason; put the
// parameter's name to it.

/// ParseInt(text, 10, 64): an optional sign and digits, nothing else.
base::Result<std::int64_t> parse_go_int(std::string_view text);

/// ParseFloat(text, 64): decimal, hexadecimal with a `p` exponent, inf, infinity, nan. Digits split by underscores are
/// refused.
base::Result<double> parse_go_float(std::string_view text);

/// ParseBool: 1 t T TRUE true True, 0 f F FALSE false False.
base::Result<bool> parse_go_bool(std::string_view text);

}  // namespace spm::http
