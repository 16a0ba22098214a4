#include "family_notices.hpp"

#include <string>

#include "family_listing.hpp"
#include "store_warnings.hpp"

namespace spm::service {
namespace {

using model::MetricKind;

bool kind_is_missing(const schema::Family& family, const model::MetricQuery& query) {
  if (query.span_kinds.empty()) return false;
  if (family.names.kind_label.empty()) return true;
  const bool of_histogram = query.kind == MetricKind::latency || histogram_counts_calls(family.names);
  return of_histogram && !family.names.histogram_has_kind;
}

}  // namespace

std::vector<Notice> family_notices(const schema::Family& family, const model::MetricQuery& query,
                                   bool errors_by_setting) {
  std::vector<Notice> notices;
  if (kind_is_missing(family, query)) {
    notices.push_back(notice_of(NoticeKind::kind_not_applied,
                                "these metrics have no span kind: the answer counts spans of every kind, "
                                "whatever spanKind asks for"));
  }
  if (query.kind == MetricKind::error_rate && !status_tells_errors(family.names) && !errors_by_setting) {
    notices.push_back(notice_of(NoticeKind::errors_unknown,
                                "these metrics have no status: every error rate is shown as 0; keep the status code "
                                "as a dimension, or say what an error is with --errors.matcher"));
  }
  if (query.kind == MetricKind::latency && family.unit_source == schema::UnitSource::assumed) {
    notices.push_back(notice_of(NoticeKind::unit_assumed,
                                "nothing tells the unit of the latencies, milliseconds are assumed; "
                                "--prometheus.query.duration-unit settles it"));
  }
  return notices;
}

std::optional<Notice> why_nothing(const schema::StoreSchema& schema, const model::MetricQuery& query) {
  const schema::Family* family = schema.family();
  if (family == nullptr) {
    return notice_of(NoticeKind::nothing_found,
                     schema.reason.empty() ? "no span metrics were found in the store" : schema.reason);
  }
  if (query.kind != MetricKind::latency) return std::nullopt;
  const model::MetricNames names = usable_names(*family);
  if (!names.bucket.empty() || !names.native_histogram.empty()) return std::nullopt;
  if (family->histogram.only_inf) {
    return notice_of(NoticeKind::nothing_found,
                     "the histogram " + family->names.bucket +
                         " has no bucket but le=\"+Inf\", no latency can be read from it: a native histogram that is "
                         "scraped as text looks so; scrape it as protobuf or use explicit buckets");
  }
  return notice_of(NoticeKind::nothing_found, "these metrics have no histogram of durations: there are no latencies");
}

}  // namespace spm::service
