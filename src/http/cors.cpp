#include "cors.hpp"

#include <algorithm>
#include <string>

#include "notice_headers.hpp"

namespace spm::http {

bool is_preflight(const RequestHead& head) noexcept {
  return head.method == "OPTIONS" && head.headers.find("origin") != nullptr &&
         head.headers.find("access-control-request-method") != nullptr;
}

void add_cors(const std::vector<std::string>& origins, const RequestHead& head, Response& response) {
  if (origins.empty()) return;
  const bool any = std::ranges::find(origins, "*") != origins.end();
  if (!any) response.headers.add("Vary", "Origin");
  const std::string* origin = head.headers.find("origin");
  if (origin == nullptr) return;
  if (!any && std::ranges::find(origins, *origin) == origins.end()) return;
  response.headers.add("Access-Control-Allow-Origin", any ? "*" : *origin);
  if (is_preflight(head)) {
    response.headers.add("Access-Control-Allow-Methods", "GET, HEAD");
    response.headers.add("Access-Control-Allow-Headers", "Authorization, X-Forwarded-Access-Token, X-Request-Id");
    response.headers.add("Access-Control-Max-Age", "600");
  } else {
    static const std::string exposed = "X-Request-Id, X-SPM-Cut, " + all_notice_headers();
    response.headers.add("Access-Control-Expose-Headers", exposed);
  }
}

}  // namespace spm::http
