#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <spm/promql/builder.hpp>
#include <spm/service/comparison_subjects.hpp>

#include "family_listing.hpp"

namespace spm::service {
namespace {

using base::CallContext;
using base::Result;
using boost::asio::awaitable;
using rates::ComparisonSubject;
using Subject = std::optional<ComparisonSubject>;

/// Series to compare with.
constexpr double kEnough = 8;
constexpr double kMany = 300;
/// Samples this old are not of now; a discovery may be some minutes old.
constexpr std::int64_t kFreshMs = 600'000;

/// The classic counter of calls; empty: there is none.
std::string counter_of(const model::MetricNames& names) {
  if (!names.calls.empty()) return names.calls;
  return names.bucket.empty() ? std::string() : count_metric_of(names.bucket);
}

std::vector<rates::Grouping> groupings_of(const model::MetricNames& names) {
  std::vector<rates::Grouping> groupings = {{names.service_label}};
  if (!names.operation_label.empty()) groupings.push_back({names.service_label, names.operation_label});
  return groupings;
}

/// How well so many series serve, more is better: enough and cheap; then cheap; then the fewest.
double worth(double series) {
  if (series > kMany) return -series;
  return series >= kEnough ? kMany + series : series;
}

struct Choice {
  std::string value;
  double series = 0;
};

std::optional<Choice> best_choice(const std::vector<prometheus::Sample>& series_of, const std::string& label) {
  std::optional<Choice> best;
  for (const prometheus::Sample& one : series_of) {
    const std::string* value = model::find_label(one.labels, label);
    if (value == nullptr || value->empty()) continue;
    if (!best || worth(one.value) > worth(best->series)) best = Choice{*value, one.value};
  }
  return best;
}

class FamilySubjects final : public rates::ComparisonSubjects {
 public:
  FamilySubjects(schema::NamesSource& names, prometheus::PrometheusClient& store, const base::WallClock& clock)
      : names_(names),
        store_(store),
        clock_(clock) {}

  awaitable<Result<Subject>> subject(const CallContext& context) override {
    Result<schema::SchemaPtr> known = co_await names_.schema(model::MetricKind::call_rate, context);
    if (!known) co_return base::fail(std::move(known.error()));
    const schema::Family* family = (*known)->family();
    if (family == nullptr) co_return Subject();
    const model::MetricNames& names = family->names;

    ComparisonSubject subject;
    subject.metric = counter_of(names);
    if (subject.metric.empty() || names.service_label.empty()) co_return Subject();
    subject.matchers = promql::membership_matchers(names);
    subject.groupings = groupings_of(names);
    const std::int64_t now_ms = clock_.now_ms();
    if (const auto newest_ms = family->newest_sample_ms) {
      if (*newest_ms > now_ms || *newest_ms < now_ms - kFreshMs) subject.to_ms = newest_ms;
    }

    const Place at{(*known)->dialect, subject.to_ms.value_or(now_ms)};
    Result<std::optional<Choice>> service = co_await best_value(subject, names.service_label, at, context);
    if (!service) co_return base::fail(std::move(service.error()));
    if (!*service) co_return Subject();
    subject.matchers.push_back({names.service_label, promql::MatchOp::equal, (*service)->value});
    if ((*service)->series > kMany && !names.operation_label.empty()) {
      Result<std::optional<Choice>> operation = co_await best_value(subject, names.operation_label, at, context);
      if (!operation) co_return base::fail(std::move(operation.error()));
      if (*operation) {
        subject.matchers.push_back({names.operation_label, promql::MatchOp::equal, (*operation)->value});
      }
    }
    Subject found(std::move(subject));
    co_return std::move(found);
  }

 private:
  struct Place {
    promql::Dialect dialect;
    std::int64_t at_ms;
  };

  /// The value of `label` under which the subject's series serve best.
  awaitable<Result<std::optional<Choice>>> best_value(const ComparisonSubject& subject, const std::string& label,
                                                      Place at, const CallContext& context) {
    const std::string selector = promql::write_selector(subject.metric, subject.matchers, at.dialect);
    const std::string by = ") by (" + promql::label_name(label, at.dialect) + ')';
    // Counters that stand still tell nothing; where nothing moves, they must do.
    prometheus::InstantQuery moving("count(rate(" + selector + "[10m]) > 0" + by, at.at_ms);
    Result<prometheus::InstantAnswer> counted = co_await store_.query(std::move(moving), context);
    if (counted && counted->samples.empty()) {
      prometheus::InstantQuery there("count(" + selector + by, at.at_ms);
      counted = co_await store_.query(std::move(there), context);
    }
    if (!counted) co_return base::fail(std::move(counted.error()));
    co_return best_choice(counted->samples, label);
  }

  schema::NamesSource& names_;
  prometheus::PrometheusClient& store_;
  const base::WallClock& clock_;
};

}  // namespace

std::unique_ptr<rates::ComparisonSubjects> create_comparison_subjects(schema::NamesSource& names,
                                                                      prometheus::PrometheusClient& store,
                                                                      const base::WallClock& clock) {
  return std::make_unique<FamilySubjects>(names, store, clock);
}

}  // namespace spm::service
