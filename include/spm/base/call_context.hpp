#pragma once

#include <string>

#include <spm/base/deadline.hpp>

namespace spm::base {

/// What travels with one request from its door to the store, beside the question itself. Built by a door, read by
/// everything behind it; lives until the request's answer has been handed to the door.
struct CallContext {
  explicit CallContext(Deadline by) : deadline(by) {}

  Deadline deadline;
  std::string request_id;    ///< also in the access log and in the answer's X-Request-Id
  std::string traceparent;   ///< W3C trace context, well-formed, or empty
  std::string bearer_token;  ///< the caller's own token, without "Bearer "; filled only when propagation is on
};

}  // namespace spm::base
