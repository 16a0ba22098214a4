#include "notice_log.hpp"

namespace spm::service {
namespace {

constexpr std::chrono::minutes kPause{1};

bool is_about_one_answer(NoticeKind kind) noexcept {
  return kind == NoticeKind::store_warning || kind == NoticeKind::step_widened ||
         kind == NoticeKind::services_with_plus;
}

base::Severity severity_of(NoticeKind kind) noexcept {
  const bool loud = kind == NoticeKind::store_warning || kind == NoticeKind::nothing_found;
  return loud ? base::Severity::warning : base::Severity::info;
}

}  // namespace

std::optional<std::uint64_t> NoticeLog::turn(NoticeKind kind, Clock::time_point now) {
  if (is_about_one_answer(kind)) return 0;
  const std::lock_guard lock(mutex_);
  Last& last = last_[static_cast<std::size_t>(kind)];
  if (last.at && now - *last.at < kPause) {
    ++last.unsaid;
    return std::nullopt;
  }
  const std::uint64_t unsaid = last.unsaid;
  last = {now, 0};
  return unsaid;
}

void NoticeLog::report(std::span<const Notice> notices, const base::CallContext& context, Clock::time_point now) {
  for (const Notice& notice : notices) {
    metrics_.notice(metric_label(notice.kind));
    const auto unsaid = turn(notice.kind, now);
    if (!unsaid) continue;
    log_.write(severity_of(notice.kind), "answered with a notice",
               {{"notice", metric_label(notice.kind)},
                {"text", notice.text},
                {"request_id", context.request_id},
                {"left_unsaid", *unsaid}});
  }
}

}  // namespace spm::service
