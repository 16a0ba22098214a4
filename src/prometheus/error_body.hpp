#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace spm::prometheus {

/// What Prometheus says when it refuses: {"status":"error","errorType":"bad_data","error":"..."}.
struct StoreErrorBody {
  std::string type;     ///< printable, at most 50 bytes
  std::string message;  ///< printable, at most 1,000 bytes
};

/// Nothing when `body` is no such JSON.
std::optional<StoreErrorBody> decode_error_body(std::string_view body);

}  // namespace spm::prometheus
