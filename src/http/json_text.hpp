#pragma once

#include <string>
#include <string_view>

namespace spm::http {

/// Appends `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, so that the result is
/// valid JSON whatever comes in.
void append_json_string(std::string& out, std::string_view text);

/// Compact, valid JSON as Go's json.MarshalIndent writes it: four spaces a level, empty lists and objects on one line.
std::string indent_json(std::string_view compact);

}  // namespace spm::http
