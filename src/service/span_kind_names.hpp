#pragma once

#include <string>
#include <string_view>

namespace spm::service {

/// "server" of "SPAN_KIND_SERVER", as Jaeger writes kinds; any other text in lower case.
std::string short_kind_name(std::string_view label_value);

}  // namespace spm::service
