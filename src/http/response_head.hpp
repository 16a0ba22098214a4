#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <spm/http/message.hpp>

namespace spm::http {

/// What the connection adds to an answer.
struct ResponseFraming {
  int minor_version = 1;  ///< of the request
  bool keep_alive = true;
  std::int64_t now_ms = 0;
  std::string_view request_id;
};

/// The head of an answer, from the status line to the empty line. Written by hand: it is built for every answer, and
/// no value that is put in can end its line (control bytes become spaces).
std::string response_head(const Response& response, const ResponseFraming& framing);

/// Whether an answer of this status has no body and no Content-Length.
bool is_bodiless(int status) noexcept;

}  // namespace spm::http
