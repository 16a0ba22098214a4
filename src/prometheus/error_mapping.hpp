#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <spm/base/error.hpp>

#include "store_request.hpp"

namespace spm::prometheus {

/// Whose credentials a request carried.
enum class CredentialsSource : std::uint8_t {
  none,
  callers_token,
  token_file,
  basic_auth_file,
  url,
  fixed_header
};

/// What is looked at in an answer that is not a success. `body` is decompressed, and may be cut short.
struct StoreReply {
  unsigned status = 0;
  std::string_view location;
  std::string_view retry_after;
  std::string_view content_type;
  std::string_view content_encoding;
  std::string_view body;
  /// Of an optional one 405, and a 404 of the API itself, are query_rejected; of remote read almost everything is.
  StoreRequest::Endpoint endpoint = StoreRequest::Endpoint::required;
};

/// An answer's meaning, and what may be done about it.
struct StoreFailure {
  base::Error error;
  bool may_retry = false;          ///< asking the same again soon can help
  bool counts_as_failure = false;  ///< for the breaker: the store, or what stands before it, is not working
};

/// What an answer means that is not the one that was asked for: one of another status than 200, or no stream in place
/// of one. Pure. `store` is the URL for messages, `now_unix_s` dates a Retry-After that is
/// a date.
StoreFailure map_store_failure(const StoreReply& reply, CredentialsSource credentials, std::string_view store,
                               std::int64_t now_unix_s);

}  // namespace spm::prometheus
