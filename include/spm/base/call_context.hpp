#pragma once

#include <string>
#include <utility>
#include <vector>

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
  std::string tenant;        ///< whose request it is; empty: nobody's in particular. Turns at the store are fair by it
  bool wants_plan = false;   ///< the caller asks how its answer was made
  bool wants_fresh = false;  ///< nothing that is kept may answer: the caller said Cache-Control: no-cache
  /// Parameters of the caller's that every request to the store made for this call carries (dedup,
  /// partial_response...). They decide which data the store shows, so they are part of every key.
  std::vector<std::pair<std::string, std::string>> store_parameters;
};

}  // namespace spm::base
