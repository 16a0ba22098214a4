#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include <spm/base/deadline.hpp>
#include <spm/base/result.hpp>
#include <spm/http/message.hpp>
#include <spm/service/encodings.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/sharing/workers.hpp>

namespace spm::http {

/// 200 with `answer` as JSON, written by `write` unless it is kept as `form`, and with all headers that tell of it.
/// Where the caller takes gzip and the packed bytes are kept, or the answer is large, they are what is sent; else
/// packing is left to compress_if_wanted(). Everything referred to outlives the call.
boost::asio::awaitable<base::Result<Response>> answer_response(const service::MetricsAnswer& answer, std::string form,
                                                               service::Encode write, const Headers& request_headers,
                                                               sharing::Workers* workers, base::Deadline deadline);

}  // namespace spm::http
