#pragma once

#include <string>
#include <vector>

#include <spm/model/metric_names.hpp>
#include <spm/promql/ast.hpp>
#include <spm/promql/text.hpp>
#include <spm/schema/store_schema.hpp>

namespace spm::service {

/// The family's names as they can be asked: a histogram of which there is nothing but le="+Inf" has no quantiles, and
/// its buckets are left out.
model::MetricNames usable_names(const schema::Family& family);

/// `<base>_count` of `<base>_bucket`: one series where the buckets have one for each bound.
std::string count_metric_of(const std::string& bucket);

/// Whether calls are counted by a histogram: its labels are then the ones that calls can be filtered by.
bool histogram_counts_calls(const model::MetricNames& names) noexcept;

/// Whether the status label tells errors from other calls.
bool status_tells_errors(const model::MetricNames& names) noexcept;

/// The selectors of one series for each that counts calls, without touching buckets. `matchers` stand beside the
/// family's own. Empty where the family has no metric to ask about.
std::vector<std::string> call_selectors(const model::MetricNames& names, std::vector<promql::Matcher> matchers,
                                        promql::Dialect dialect);

/// The same for the histogram's series: its native form, and the count of its classic one.
std::vector<std::string> histogram_selectors(const model::MetricNames& names, std::vector<promql::Matcher> matchers,
                                             promql::Dialect dialect);

}  // namespace spm::service
