#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <spm/base/result.hpp>
#include <spm/config/settings.hpp>

namespace spm::config {

// Texts to typed values. The errors' messages go on after "<setting>: ", quote the text unless it is secret, and say
// what to write instead.

/// Of a setting that must not be given empty.
inline constexpr const char* kNothingEnforced =
    "is empty, and an empty value enforces nothing: write what it must enforce, or remove it";

tl::unexpected<base::Error> refuse(std::string message);
/// "'text' " with control bytes escaped, shortened.
std::string in_quotes(std::string_view text);

/// As Go's strconv.ParseBool: 1 t T TRUE true True 0 f F FALSE false False.
base::Result<bool> parse_bool(std::string_view text);
base::Result<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds min,
                                                       std::chrono::milliseconds max);
base::Result<std::uint64_t> parse_integer(std::string_view text, std::uint64_t min, std::uint64_t max);
/// A number of bytes, with KiB, MiB or GiB behind it if wanted.
base::Result<std::uint64_t> parse_bytes(std::string_view text, std::uint64_t min, std::uint64_t max);
/// "64MiB" where it comes out whole, else the number.
std::string format_bytes(std::uint64_t bytes);

base::Result<void> check_store_url(std::string_view text);
/// Starts with '/'; a trailing '/' is dropped.
base::Result<std::string> parse_base_path(std::string_view text);

/// "Name: value" of a header that may be sent to the store with every request.
base::Result<Header> parse_store_header(std::string_view text);
/// "Name: value" of a header that may be added to every answer.
base::Result<Header> parse_answer_header(std::string_view text);
/// "name=value" of a parameter that may be added to every query.
base::Result<Parameter> parse_extra_parameter(std::string_view text);
/// "*" or "https://host[:port]".
base::Result<std::string> parse_origin(std::string_view text);
base::Result<std::string> parse_metric_namespace(std::string_view text);
/// Text without control characters.
base::Result<std::string> parse_plain_text(std::string_view text);

}  // namespace spm::config
