#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spm::diagnosis {

/// "40 s", "12 min", "34 h", "9 days": rounded to what a person would say.
std::string span_text(std::int64_t ms);

/// "34 h old", or "2 min in the future".
std::string age_text(std::int64_t age_ms);

/// "2026-11-20T03:00:00Z".
std::string time_text(std::int64_t unix_ms);

/// "1 service", "3 services".
std::string count_text(std::size_t count, std::string_view noun);

/// "a, b and c"; "a, b and 7 more" where there are more than `at_most`. Items are foreign text.
std::string list_text(const std::vector<std::string>& items, std::size_t at_most = 8);

/// "4.2 %".
std::string percent_text(double share);

/// `text` as one sentence: with an upper-case letter in front, unless it begins with a name, and a stop.
std::string sentence(std::string_view text);

/// The label value of a span kind as people say it: "server" for "SPAN_KIND_SERVER".
std::string spoken_kind(std::string_view value);

}  // namespace spm::diagnosis
