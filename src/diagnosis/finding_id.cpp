#include <algorithm>
#include <array>

#include <spm/diagnosis/report.hpp>

namespace spm::diagnosis {
namespace {

struct Row {
  FindingId id;
  std::string_view text;
};

constexpr std::array kRows = {
    Row{FindingId::store_unreachable, "store_unreachable"},
    Row{FindingId::store_refuses_us, "store_refuses_us"},
    Row{FindingId::not_a_prometheus, "not_a_prometheus"},
    Row{FindingId::store_slow, "store_slow"},
    Row{FindingId::store_failing, "store_failing"},
    Row{FindingId::no_span_metrics, "no_span_metrics"},
    Row{FindingId::no_usable_family, "no_usable_family"},
    Row{FindingId::settings_do_not_fit, "settings_do_not_fit"},
    Row{FindingId::stale_metrics, "stale_metrics"},
    Row{FindingId::clock_skew, "clock_skew"},
    Row{FindingId::partial_data, "partial_data"},
    Row{FindingId::hidden_services, "hidden_services"},
    Row{FindingId::no_kind_label, "no_kind_label"},
    Row{FindingId::no_status_label, "no_status_label"},
    Row{FindingId::no_error_seen, "no_error_seen"},
    Row{FindingId::no_histogram, "no_histogram"},
    Row{FindingId::only_inf_buckets, "only_inf_buckets"},
    Row{FindingId::vmrange_buckets, "vmrange_buckets"},
    Row{FindingId::native_only, "native_only"},
    Row{FindingId::unit_assumed, "unit_assumed"},
    Row{FindingId::several_families, "several_families"},
    Row{FindingId::long_flush_interval, "long_flush_interval"},
    Row{FindingId::overflow_series, "overflow_series"},
    Row{FindingId::counters_reset_together, "counters_reset_together"},
};

constexpr auto kIds = [] {
  std::array<FindingId, kRows.size()> ids{};
  for (std::size_t i = 0; i < kRows.size(); ++i) ids[i] = kRows[i].id;
  return ids;
}();

static_assert(static_cast<std::size_t>(FindingId::counters_reset_together) + 1 == kRows.size());

}  // namespace

std::span<const FindingId> all_finding_ids() noexcept { return kIds; }

std::string_view text_of(FindingId id) noexcept { return kRows[static_cast<std::size_t>(id)].text; }

bool Report::healthy() const noexcept {
  return std::ranges::none_of(findings, [](const Finding& one) { return one.severity == Severity::problem; });
}

}  // namespace spm::diagnosis
