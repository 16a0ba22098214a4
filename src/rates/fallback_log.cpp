#include "fallback_log.hpp"

namespace spm::rates {
namespace {

constexpr std::chrono::minutes kPause{1};

}  // namespace

std::optional<std::uint64_t> FallbackLog::turn(Fallback reason, Time now) {
  const std::lock_guard lock(mutex_);
  Last& last = last_[static_cast<std::size_t>(reason)];
  if (last.at && now - *last.at < kPause) {
    ++last.unsaid;
    return std::nullopt;
  }
  const std::uint64_t unsaid = last.unsaid;
  last.at = now;
  last.unsaid = 0;
  return unsaid;
}

void FallbackLog::report(Fallback reason, const base::Error& error, const base::CallContext& context, Time now) {
  metrics_.read_fallback(name_of(reason));
  const auto unsaid = turn(reason, now);
  if (!unsaid) return;
  const base::Severity severity = reason == Fallback::broken ? base::Severity::warning : base::Severity::info;
  log_.write(severity, "raw chunks could not be read; asked by PromQL instead",
             {{"reason", name_of(reason)},
              {"error", error.message},
              {"request_id", context.request_id},
              {"left_unsaid", *unsaid}});
}

}  // namespace spm::rates
