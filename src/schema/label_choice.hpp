#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Which of a metric's labels are the service, the operation, the kind and the status.
namespace spm::schema {

/// Label names that can mean one thing, best first.
using LabelOrder = std::span<const std::string_view>;

LabelOrder service_labels() noexcept;
/// `prefer_operation`: the user's collector is the older processor, whose label is `operation`.
LabelOrder operation_labels(bool prefer_operation) noexcept;
LabelOrder kind_labels() noexcept;
LabelOrder status_labels() noexcept;

/// Those of `order` that `labels` (sorted) has, in that order. `exported_X` stands in for X wherever it is there: it
/// exists only because the scraped target has a label X of its own.
std::vector<std::string> labels_present(std::span<const std::string> labels, LabelOrder order);
/// The first of them, or empty.
std::string first_present(std::span<const std::string> labels, LabelOrder order);

/// Labels written by the collector's useOtelPrefix convention: series without a status lack them.
bool is_otel_status(std::string_view label) noexcept;
/// What that convention calls the label `status`; empty: it has no name for it.
std::string otel_status_beside(std::string_view status);

/// The label that marks overflow series, or empty.
std::string overflow_label(std::span<const std::string> labels);

bool has_label(std::span<const std::string> sorted_labels, std::string_view name);

/// Every value that means an error, as far as it is known.
std::span<const std::string_view> error_candidates() noexcept;
/// Those candidates that `values` holds; none: all candidates.
std::vector<std::string> error_values(std::span<const std::string> values);
bool any_error_value(std::span<const std::string> values);
/// Whether a span without a status has one among these.
bool any_unset_value(std::span<const std::string> values);
/// Whether these can be statuses of spans at all: a label `status_code` may hold HTTP's.
bool are_span_statuses(std::span<const std::string> values);

}  // namespace spm::schema
