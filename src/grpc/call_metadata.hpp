#pragma once

#include <map>
#include <string>
#include <string_view>

#include <grpcpp/support/string_ref.h>

namespace spm::grpc {

/// A call's request metadata, as gRPC gives it: lower-case names.
using Metadata = std::multimap<::grpc::string_ref, ::grpc::string_ref>;

/// The caller's own token: of `authorization: Bearer`, else of `bearer.token` (what Jaeger's own services send), else
/// of `x-forwarded-access-token`. Empty: there is none, or it is none that a header may carry.
std::string read_bearer_token(const Metadata& metadata);

/// Whether the caller sent `key`, with any value.
bool asks_for(const Metadata& metadata, const char* key);

/// Whether the caller wants nothing that is kept: `cache-control` says no-cache or no-store; or there is none, and
/// `pragma` says no-cache. As over HTTP.
bool wants_fresh(const Metadata& metadata);

/// The W3C trace context, or empty when it is absent or not well-formed.
std::string read_traceparent(const Metadata& metadata);

/// The caller's x-request-id when it is a plain word of at most 128 bytes, else a new one.
std::string read_or_make_request_id(const Metadata& metadata);

/// `text` as a metadata value: printable ASCII, everything else percent-encoded as in grpc-message; at most 1,000
/// bytes, because clients bound the whole of their metadata.
std::string metadata_value(std::string_view text);

/// Header names of the HTTP door are metadata keys here, in lower case.
std::string metadata_key(std::string_view header_name);

}  // namespace spm::grpc
