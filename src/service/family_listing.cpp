#include "family_listing.hpp"

#include <string_view>
#include <utility>

#include <spm/promql/builder.hpp>

namespace spm::service {
namespace {

constexpr std::string_view kBucketSuffix = "_bucket";

std::vector<promql::Matcher> with_membership(const model::MetricNames& names, std::vector<promql::Matcher> matchers) {
  std::vector<promql::Matcher> membership = promql::membership_matchers(names);
  matchers.insert(matchers.end(), membership.begin(), membership.end());
  return matchers;
}

}  // namespace

model::MetricNames usable_names(const schema::Family& family) {
  model::MetricNames names = family.names;
  const schema::HistogramForms& forms = family.histogram;
  if (forms.only_inf && !forms.classic && !forms.vmrange) names.bucket.clear();
  return names;
}

std::string count_metric_of(const std::string& bucket) {
  if (!bucket.ends_with(kBucketSuffix)) return bucket;
  return bucket.substr(0, bucket.size() - kBucketSuffix.size()) + "_count";
}

bool histogram_counts_calls(const model::MetricNames& names) noexcept { return names.calls.empty(); }

bool status_tells_errors(const model::MetricNames& names) noexcept {
  return !names.status_label.empty() && !names.error_values.empty();
}

std::vector<std::string> call_selectors(const model::MetricNames& names, std::vector<promql::Matcher> matchers,
                                        promql::Dialect dialect) {
  if (names.calls.empty()) return histogram_selectors(names, std::move(matchers), dialect);
  matchers = with_membership(names, std::move(matchers));
  std::vector<std::string> selectors = {promql::write_selector(names.calls, matchers, dialect)};
  if (!names.native_histogram.empty() && names.calls == names.native_histogram + "_count") {
    selectors.push_back(promql::write_selector(names.native_histogram, matchers, dialect));
  }
  return selectors;
}

std::vector<std::string> histogram_selectors(const model::MetricNames& names, std::vector<promql::Matcher> matchers,
                                             promql::Dialect dialect) {
  matchers = with_membership(names, std::move(matchers));
  std::vector<std::string> selectors;
  if (!names.native_histogram.empty()) {
    selectors.push_back(promql::write_selector(names.native_histogram, matchers, dialect));
  }
  if (!names.bucket.empty())
    selectors.push_back(promql::write_selector(count_metric_of(names.bucket), matchers, dialect));
  return selectors;
}

}  // namespace spm::service
