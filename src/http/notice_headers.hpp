#pragma once

#include <string>
#include <vector>

#include <spm/http/message.hpp>
#include <spm/service/metrics_service.hpp>

namespace spm::http {

/// 200 with a JSON body that nobody may keep.
Response json_response(std::string body);

/// Puts each notice into the header of its kind.
void add_notices(const std::vector<service::Notice>& notices, Response& response);

/// How the answer was made, where the caller asked for it.
void add_plan(const std::string& plan, Response& response);

/// What caches had to do with `answer`, and which window was used.
void add_cache(const service::MetricsAnswer& answer, Response& response);

/// The names of all headers that tell of an answer, with commas between them: for Access-Control-Expose-Headers.
std::string all_notice_headers();

}  // namespace spm::http
