#include "label_choice.hpp"

#include <algorithm>
#include <array>

namespace spm::schema {
namespace {

constexpr std::array<std::string_view, 3> kService = {"service_name", "service.name", "service"};
constexpr std::array<std::string_view, 3> kOperation = {"span_name", "span.name", "operation"};
constexpr std::array<std::string_view, 3> kOperationFirst = {"operation", "span_name", "span.name"};
constexpr std::array<std::string_view, 2> kKind = {"span_kind", "span.kind"};
constexpr std::array<std::string_view, 5> kStatus = {"status_code", "status.code", "otel_status_code",
                                                     "otel.status_code", "span_status"};
constexpr std::array<std::string_view, 4> kErrors = {"STATUS_CODE_ERROR", "ERROR", "Error", "error"};
constexpr std::array<std::string_view, 4> kUnset = {"STATUS_CODE_UNSET", "UNSET", "Unset", "unset"};
constexpr std::array<std::string_view, 12> kStatuses = {"STATUS_CODE_UNSET",
                                                        "STATUS_CODE_OK",
                                                        "STATUS_CODE_ERROR",
                                                        "UNSET",
                                                        "OK",
                                                        "ERROR",
                                                        "Unset",
                                                        "Ok",
                                                        "Error",
                                                        "unset",
                                                        "ok",
                                                        "error"};
constexpr std::array<std::string_view, 3> kOverflow = {"otel_metric_overflow", "otel.metric.overflow",
                                                       "metric_overflow"};

}  // namespace

LabelOrder service_labels() noexcept { return kService; }
LabelOrder operation_labels(bool prefer_operation) noexcept { return prefer_operation ? kOperationFirst : kOperation; }
LabelOrder kind_labels() noexcept { return kKind; }
LabelOrder status_labels() noexcept { return kStatus; }

bool has_label(std::span<const std::string> sorted_labels, std::string_view name) {
  return std::ranges::binary_search(sorted_labels, name, std::less<>());
}

std::vector<std::string> labels_present(std::span<const std::string> labels, LabelOrder order) {
  std::vector<std::string> present;
  for (const std::string_view name : order) {
    const std::string exported = "exported_" + std::string(name);
    if (has_label(labels, exported)) {
      present.push_back(exported);
    } else if (has_label(labels, name)) {
      present.emplace_back(name);
    }
  }
  return present;
}

std::string first_present(std::span<const std::string> labels, LabelOrder order) {
  std::vector<std::string> present = labels_present(labels, order);
  return present.empty() ? std::string() : std::move(present.front());
}

bool is_otel_status(std::string_view label) noexcept {
  return label.ends_with("otel_status_code") || label.ends_with("otel.status_code");
}

std::string otel_status_beside(std::string_view status) {
  if (status == "status_code") return "otel_status_code";
  if (status == "status.code") return "otel.status_code";
  return {};
}

std::string overflow_label(std::span<const std::string> labels) {
  for (const std::string_view name : kOverflow) {
    if (has_label(labels, name)) return std::string(name);
  }
  return {};
}

std::span<const std::string_view> error_candidates() noexcept { return kErrors; }

std::vector<std::string> error_values(std::span<const std::string> values) {
  std::vector<std::string> seen;
  for (const std::string_view candidate : kErrors) {
    if (std::ranges::find(values, candidate) != values.end()) seen.emplace_back(candidate);
  }
  if (seen.empty()) seen.assign(kErrors.begin(), kErrors.end());
  return seen;
}

bool any_error_value(std::span<const std::string> values) {
  return std::ranges::any_of(
      values, [](const std::string& value) { return std::ranges::find(kErrors, value) != kErrors.end(); });
}

bool any_unset_value(std::span<const std::string> values) {
  return std::ranges::any_of(values,
                             [](const std::string& value) { return std::ranges::find(kUnset, value) != kUnset.end(); });
}

bool are_span_statuses(std::span<const std::string> values) {
  return std::ranges::any_of(
      values, [](const std::string& value) { return std::ranges::find(kStatuses, value) != kStatuses.end(); });
}

}  // namespace spm::schema
