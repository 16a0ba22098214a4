#include "notice_log.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"

namespace spm::service {
namespace {

std::size_t lines_with(const std::string& lines, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = lines.find(part); at != std::string::npos; at = lines.find(part, at + 1)) ++count;
  return count;
}

TEST(NoticeLog, SaysOnceAMinuteWhatTheMetricsLackAndCountsAll) {
  telemetry::Metrics metrics;
  const auto lines = std::make_shared<std::string>();
  const auto log = telemetry::Log::to_memory(lines);
  NoticeLog notices(metrics, *log);
  const base::CallContext context = some_context();
  const auto report = [&](NoticeKind kind, std::chrono::seconds at) {
    const std::vector<Notice> all = {{kind, "why"}};
    notices.report(all, context, NoticeLog::Clock::time_point(at));
  };
  for (int second = 0; second < 60; ++second) report(NoticeKind::nothing_found, std::chrono::seconds{second});
  EXPECT_EQ(lines_with(*lines, "notice=nothing_found"), 1U) << *lines;
  report(NoticeKind::unit_assumed, std::chrono::seconds{1});
  EXPECT_EQ(lines_with(*lines, "notice=unit_assumed"), 1U);
  report(NoticeKind::nothing_found, std::chrono::seconds{60});
  EXPECT_EQ(lines_with(*lines, "notice=nothing_found"), 2U);
  EXPECT_EQ(lines_with(*lines, "left_unsaid=59"), 1U) << *lines;
  EXPECT_NE(metrics.exposition().find("notice=\"nothing_found\"} 61"), std::string::npos);

  report(NoticeKind::store_warning, std::chrono::seconds{60});
  report(NoticeKind::store_warning, std::chrono::seconds{60});
  EXPECT_EQ(lines_with(*lines, "notice=store_warning"), 2U);
}

}  // namespace
}  // namespace spm::service
