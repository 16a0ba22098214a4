#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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

/// What caches had to do with an answer.
enum class CacheResult : std::uint8_t {
  bypass,   ///< nothing: they are off, or were passed by
  miss,     ///< nothing of it was held
  partial,  ///< some of it was held, the rest was read
  hit       ///< the store was not asked
};

/// "bypass", "miss", "partial", "hit"
std::string_view name_of(CacheResult result) noexcept;

class Encodings;

struct MetricsAnswer {
  /// Shared with whoever keeps it. Of an answer never null.
  std::shared_ptr<const model::MetricFamily> family;
  std::vector<Notice> notices;
  /// How the answer was made, in one line of ASCII; empty unless CallContext::wants_plan.
  std::string plan;
  CacheResult cache = CacheResult::bypass;
  /// When the store was asked; where some of it was held, the earliest of what may still change. Not set (the epoch):
  /// when the question came. time_point::min(): unknown, and nobody may give the answer again.
  std::chrono::steady_clock::time_point asked;
  /// What doors make of an answer that is kept (encodings.hpp); null: it is not.
  std::shared_ptr<Encodings> encodings;

  void set_family(model::MetricFamily made) { family = std::make_shared<const model::MetricFamily>(std::move(made)); }
};

/// What caches had to do with an answer, and the window that was used: "hit; start=1795141800000; end=1795310940000;
/// step=60000". The times of the first and the last point and the step, Unix milliseconds.
std::string cache_text(const MetricsAnswer& answer);

/// The header in which cache_text() goes out with every answer.
inline constexpr std::string_view kCacheHeader = "X-SPM-Cache";

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
