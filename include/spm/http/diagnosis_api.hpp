#pragma once

#include <atomic>
#include <cstddef>

#include <spm/diagnosis/diagnosis.hpp>
#include <spm/http/api.hpp>

namespace spm::http {

/// GET api/spm/diagnosis: what doctor tells, as JSON, about the store as this caller sees it. `prettyPrint=true`
/// indents it.
class DiagnosisApi final : public Api {
 public:
  /// An examination asks the store a dozen things: more than these at once are answered 503.
  static constexpr std::size_t kMaxAtOnce = 2;

  /// `diagnosis` null: no store is configured, answered 501. It outlives this object.
  explicit DiagnosisApi(diagnosis::Diagnosis* diagnosis) : diagnosis_(diagnosis) {}

  std::optional<Route> find(const RoutePath& path) const override;
  boost::asio::awaitable<Response> answer(Route route, const Request& request, base::CallContext& context) override;
  Response failure(const base::Error& error) const override;

 private:
  diagnosis::Diagnosis* const diagnosis_;
  std::atomic<std::size_t> at_work_ = 0;
};

}  // namespace spm::http
