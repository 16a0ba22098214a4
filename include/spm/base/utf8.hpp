#pragma once

#include <string>
#include <string_view>

namespace spm::base {

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_valid_utf8(std::string_view text) noexcept;

/// `text` shortened to at most `max_bytes`, cut between code points, control bytes and invalid ones written as \xNN.
/// For quoting foreign text in messages, headers and logs.
std::string printable(std::string_view text, std::size_t max_bytes = 200);

}  // namespace spm::base
