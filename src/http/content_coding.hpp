#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <spm/http/message.hpp>

namespace spm::http {

/// Whether the Accept-Encoding of `request_headers` allows gzip: named, or by `*`, with a q above 0.
bool accepts_gzip(const Headers& request_headers) noexcept;

/// `text` as one gzip member. nullopt: there is no memory for it, send it as it is.
std::optional<std::string> gzip(std::string_view text);

/// Compresses the body of `response` where the caller takes gzip and it is worth it, and says in Vary that the answer
/// depends on it.
void compress_if_wanted(const Headers& request_headers, Response& response);

}  // namespace spm::http
