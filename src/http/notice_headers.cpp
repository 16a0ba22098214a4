#include "notice_headers.hpp"

namespace spm::http {

Response json_response(std::string body) {
  Response response;
  response.content_type = "application/json";
  response.headers.add("Cache-Control", "no-store");
  response.set_body(std::move(body));
  return response;
}

void add_notices(const std::vector<service::Notice>& notices, Response& response) {
  for (const service::Notice& notice : notices) {
    response.headers.add(std::string(service::header_name(notice.kind)), notice.text);
  }
}

void add_plan(const std::string& plan, Response& response) {
  if (!plan.empty()) response.headers.add(std::string(service::kPlanHeader), plan);
}

void add_cache(const service::MetricsAnswer& answer, Response& response) {
  response.headers.add(std::string(service::kCacheHeader), service::cache_text(answer));
}

std::string all_notice_headers() {
  std::string names(service::kPlanHeader);
  names += ", ";
  names += service::kCacheHeader;
  for (const service::NoticeKind kind : service::all_notice_kinds()) {
    names += ", ";
    names += service::header_name(kind);
  }
  return names;
}

}  // namespace spm::http
