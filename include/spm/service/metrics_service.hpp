#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/metric_family.hpp>
#include <spm/model/metric_query.hpp>

namespace spm::service {

/// Something that the caller must be told beside the answer. Doors put it in a header (gRPC: trailing metadata).
enum class NoticeKind : std::uint8_t {
  store_warning,       ///< the store says the answer may be partial
  step_widened,        ///< the default step would have made too many points
  services_with_plus,  ///< answered for the reading of the services that keeps their `+`
  kind_not_applied,    ///< the metrics have no span kind: the caller's could not be applied
  errors_unknown,      ///< the metrics have no status: error rates of 0 mean nothing
  unit_assumed,        ///< nothing tells the unit of the latencies
  nothing_found,       ///< no span metrics under any known name: the answer is empty for that reason
};

std::span<const NoticeKind> all_notice_kinds() noexcept;
/// "X-SPM-Warning", "X-SPM-Step", ...
std::string_view header_name(NoticeKind kind) noexcept;
/// "store_warning", ...: the value of the `notice` label in /metrics.
std::string_view metric_label(NoticeKind kind) noexcept;

struct Notice {
  NoticeKind kind;
  std::string text;  ///< one line, no control characters
};

struct MetricsAnswer {
  model::MetricFamily family;
  std::vector<Notice> notices;
  /// How the answer was made, in one line of ASCII; empty unless CallContext::wants_plan.
  std::string plan;
};

/// The header in which a caller asks for the plan, with any value, and gets it.
inline constexpr std::string_view kPlanHeader = "X-SPM-Plan";

/// The use case, behind every door: a checked question in, Jaeger's metric family out. Safe from any thread.
class MetricsService {
 public:
  MetricsService() = default;
  MetricsService(const MetricsService&) = delete;
  MetricsService& operator=(const MetricsService&) = delete;
  virtual ~MetricsService() = default;

  /// `context` must outlive the call. Cancelling the coroutine cancels what runs upstream.
  virtual boost::asio::awaitable<base::Result<MetricsAnswer>> answer(model::MetricQuery query,
                                                                     const base::CallContext& context) = 0;
};

}  // namespace spm::service
