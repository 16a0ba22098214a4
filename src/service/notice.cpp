#include <array>

#include <spm/service/metrics_service.hpp>

namespace spm::service {
namespace {

struct Row {
  NoticeKind kind;
  std::string_view header;
  std::string_view label;
};
constexpr std::array kRows = {
    Row{NoticeKind::store_warning, "X-SPM-Warning", "store_warning"},
    Row{NoticeKind::step_widened, "X-SPM-Step", "step_widened"},
    Row{NoticeKind::services_with_plus, "X-SPM-Services", "services_with_plus"},
    Row{NoticeKind::kind_not_applied, "X-SPM-Span-Kind", "kind_not_applied"},
    Row{NoticeKind::errors_unknown, "X-SPM-Errors", "errors_unknown"},
    Row{NoticeKind::unit_assumed, "X-SPM-Unit", "unit_assumed"},
    Row{NoticeKind::nothing_found, "X-SPM-Diagnosis", "nothing_found"},
};

constexpr auto kKinds = [] {
  std::array<NoticeKind, kRows.size()> kinds{};
  for (std::size_t i = 0; i < kRows.size(); ++i) kinds[i] = kRows[i].kind;
  return kinds;
}();

}  // namespace

std::span<const NoticeKind> all_notice_kinds() noexcept { return kKinds; }
std::string_view header_name(NoticeKind kind) noexcept { return kRows[static_cast<std::size_t>(kind)].header; }
std::string_view metric_label(NoticeKind kind) noexcept { return kRows[static_cast<std::size_t>(kind)].label; }

}  // namespace spm::service
