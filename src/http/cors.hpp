#pragma once

#include <string>
#include <vector>

#include <spm/http/message.hpp>

namespace spm::http {

/// Whether `head` is a browser's question whether it may ask across origins.
bool is_preflight(const RequestHead& head) noexcept;

/// Lets the request's Origin read `response` when it is one of `origins` (exact, or "*" for all). Without origins
/// nothing is added: CORS is off. Credentials are never allowed.
void add_cors(const std::vector<std::string>& origins, const RequestHead& head, Response& response);

}  // namespace spm::http
