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
};

}  // namespace

std::string_view header_name(NoticeKind kind) noexcept { return kRows[static_cast<std::size_t>(kind)].header; }
std::string_view metric_label(NoticeKind kind) noexcept { return kRows[static_cast<std::size_t>(kind)].label; }

}  // namespace spm::service
