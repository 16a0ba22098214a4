#include "kept_body.hpp"

#include <utility>

#include "content_coding.hpp"
#include "notice_headers.hpp"

namespace spm::http {
namespace {

using base::Result;
using boost::asio::awaitable;
using service::Bytes;
using service::Encode;

/// Below this a packed answer saves nothing.
constexpr std::size_t kWorthPacking = 1'024;

/// Nothing: it is not worth it, or there is no memory for it.
std::string packed_or_nothing(const Encode& write) {
  const std::string plain = write();
  if (plain.size() <= kWorthPacking) return {};
  auto packed = gzip(plain);
  if (!packed || packed->size() >= plain.size()) return {};
  packed->shrink_to_fit();  // the bound was the size of the whole text
  return std::move(*packed);
}

bool is_large(const service::MetricsAnswer& answer) {
  return answer.family->metrics.size() * answer.family->grid.points > service::kManyPoints;
}

}  // namespace

awaitable<Result<Response>> answer_response(const service::MetricsAnswer& answer, std::string form, Encode write,
                                            const Headers& request_headers, sharing::Workers* workers,
                                            base::Deadline deadline) {
  Response response = json_response({});
  add_notices(answer.notices, response);
  add_cache(answer, response);
  add_plan(answer.plan, response);

  if ((answer.encodings || is_large(answer)) && accepts_gzip(request_headers)) {
    std::string packed_form = form + " gzip";
    Encode pack = [write] { return packed_or_nothing(write); };
    Result<Bytes> packed =
        co_await service::encoded(answer, std::move(packed_form), std::move(pack), workers, deadline);
    if (!packed) co_return base::fail(std::move(packed.error()));
    if (!(*packed)->empty()) {
      response.body = std::move(*packed);
      response.headers.add("Content-Encoding", "gzip");
      response.headers.add("Vary", "Accept-Encoding");
      co_return std::move(response);
    }
  }
  Result<Bytes> plain = co_await service::encoded(answer, std::move(form), std::move(write), workers, deadline);
  if (!plain) co_return base::fail(std::move(plain.error()));
  response.body = std::move(*plain);
  co_return std::move(response);
}

}  // namespace spm::http
