#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <spm/http/api.hpp>

namespace spm::http {

/// The path of a request, percent-decoded once. nullopt for what no route can have: an empty, `.` or `..` segment
/// (also percent-encoded), an encoded slash, backslash or control byte, a bad escape. One trailing slash is kept.
std::optional<std::string> decode_path(std::string_view raw);

/// What is left of `path` behind the base path, beginning with '/'. nullopt: it is not below it. `base_path` is "/" or
/// "/a/b", with or without a slash at its end.
std::optional<std::string_view> below_base(std::string_view path, std::string_view base_path) noexcept;

/// The segments of a request's path below the base path, each decoded once. nullopt: it is not below it, or it has an
/// empty, `.` or `..` segment (also percent-encoded) or a bad escape; a slash at the end is an empty segment.
std::optional<RoutePath> split_path(std::string_view raw, std::string_view base_path);

}  // namespace spm::http
