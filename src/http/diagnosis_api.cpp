#include <chrono>
#include <utility>

#include <spm/diagnosis/render.hpp>
#include <spm/http/diagnosis_api.hpp>

#include "form.hpp"
#include "health.hpp"
#include "jaeger_params.hpp"
#include "notice_headers.hpp"

namespace spm::http {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::chrono::seconds kRetryAfter{2};

/// One of the places for examinations, given back whatever happens: the coroutine may be cancelled.
class Place {
 public:
  Place(std::atomic<std::size_t>& taken, std::size_t limit) : taken_(taken), had_(taken.fetch_add(1) < limit) {}
  ~Place() { taken_.fetch_sub(1); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool had() const noexcept { return had_; }

 private:
  std::atomic<std::size_t>& taken_;
  const bool had_;
};

}  // namespace

std::optional<Route> DiagnosisApi::find(const RoutePath& path) const {
  if (!path.is({"api", "spm", "diagnosis"})) return std::nullopt;
  Route route;
  route.label = "diagnosis";
  return route;
}

boost::asio::awaitable<Response> DiagnosisApi::answer(Route /*route*/, const Request& request,
                                                      base::CallContext& context) {
  const auto parameters = decode_form(request.head.query);
  if (!parameters) co_return failure(parameters.error());
  if (diagnosis_ == nullptr) {
    const Error error(ErrorKind::disabled, "no metrics store is configured: there is nothing to examine");
    co_return failure(error);
  }
  const Place place(at_work_, kMaxAtOnce);
  if (!place.had()) {
    const Error error =
        Error(ErrorKind::overloaded, "the store is already being examined for others: try again in a moment")
            .retry_in(kRetryAfter);
    co_return failure(error);
  }
  const base::Result<diagnosis::Report> report = co_await diagnosis_->examine(context);
  if (!report) co_return failure(report.error());
  const int indent = wants_pretty_print(*parameters) ? 4 : -1;
  co_return json_response(diagnosis::to_json(*report, indent));
}

Response DiagnosisApi::failure(const Error& error) const {
  return error_response(error, base::traits(error.kind).http_status);
}

}  // namespace spm::http
