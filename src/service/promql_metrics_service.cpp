#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <spm/reshape/family.hpp>
#include <spm/service/promql_metrics_service.hpp>

#include "family_listing.hpp"
#include "family_notices.hpp"
#include "family_reader.hpp"
#include "notice_log.hpp"
#include "store_warnings.hpp"
#include "tag_filter.hpp"

namespace spm::service {
namespace {

using base::CallContext;
using base::fail;
using base::Result;
using boost::asio::awaitable;
using model::MetricNames;
using model::MetricQuery;
using schema::SchemaPtr;

class PromqlMetricsService final : public MetricsService {
 public:
  PromqlMetricsService(schema::NamesSource& names, const promql::TemplateSet& templates, rates::RateSource& rates,
                       prometheus::PrometheusClient& store, telemetry::Metrics& metrics, telemetry::Log& log,
                       MetricsServiceOptions options, sharing::Workers* workers)
      : names_(names),
        store_(store),
        options_(std::move(options)),
        reader_(templates, rates, store, options_.max_series, workers),
        tags_(store),
        log_(metrics, log) {}

  awaitable<Result<MetricsAnswer>> answer(MetricQuery query, const CallContext& context) override {
    const auto began = std::chrono::steady_clock::now();
    Result<SchemaPtr> schema = co_await names_.schema(query.kind, context);
    if (!schema) co_return fail(std::move(schema.error()));
    Result<MetricsAnswer> answer = co_await answer_under(**schema, query, context);
    if (answer && answer->family->metrics.empty()) {
      Result<SchemaPtr> newer = co_await names_.after_empty(*schema, query.grid, context);
      if (newer && *newer) {
        answer = co_await answer_under(**newer, query, context);
      } else if ((*schema)->family() == nullptr) {
        // Nothing was asked for this answer: a store that is gone since must not pass for one that is empty.
        if (!newer) co_return fail(std::move(newer.error()));
        prometheus::InstantQuery cheapest("1", std::nullopt);
        const Result<prometheus::InstantAnswer> there = co_await store_.query(std::move(cheapest), context);
        if (!there) co_return fail(there.error());
      }
    }
    if (!answer) co_return fail(std::move(answer.error()));
    if (answer->asked == std::chrono::steady_clock::time_point()) answer->asked = began;

    if (query.default_step_widened_from_ms) {
      answer->notices.push_back(
          notice_of(NoticeKind::step_widened, "widened from " + std::to_string(*query.default_step_widened_from_ms) +
                                                  " to " + std::to_string(query.grid.step_ms) + " ms"));
    }
    log_.report(answer->notices, context, NoticeLog::Clock::now());
    co_return std::move(*answer);
  }

 private:
  /// `schema` is kept alive by the caller.
  awaitable<Result<MetricsAnswer>> answer_under(const schema::StoreSchema& schema, const MetricQuery& query,
                                                const CallContext& context) {
    if (auto reason = why_nothing(schema, query)) {
      MetricsAnswer nothing;
      model::MetricFamily empty;
      empty.name = reshape::family_name(query);
      empty.help = reshape::family_help(query);
      empty.grid = query.grid;
      nothing.set_family(std::move(empty));
      nothing.notices.push_back(std::move(*reason));
      co_return std::move(nothing);
    }
    const schema::Family& family = *schema.family();
    const MetricNames names = usable_names(family);
    promql::BuildOptions build;
    build.dialect = schema.dialect;
    build.error_matchers = options_.error_matchers;
    build.vmrange_buckets = family.histogram.vmrange;
    Result<std::vector<promql::Matcher>> tags = co_await tags_.matchers(query, schema, family, context);
    if (!tags) co_return fail(std::move(tags.error()));
    build.extra_matchers = std::move(*tags);

    Result<MetricsAnswer> answer = co_await reader_.read(query.services, query, names, build, context);
    if (answer && answer->family->metrics.empty() && !query.services_with_plus.empty()) {
      Result<MetricsAnswer> other = co_await reader_.read(query.services_with_plus, query, names, build, context);
      if (!other) co_return fail(std::move(other.error()));
      if (!other->family->metrics.empty()) {
        answer = std::move(other);
        answer->notices.push_back(
            notice_of(NoticeKind::services_with_plus, "the + in the service name was read as itself"));
      }
    }
    if (!answer) co_return fail(std::move(answer.error()));
    if (schema.origin == schema::StoreSchema::Origin::fallback && answer->family->metrics.empty()) {
      answer->notices.push_back(notice_of(NoticeKind::nothing_found, schema.reason));
      co_return std::move(*answer);
    }
    std::vector<Notice> lacking = family_notices(family, query, !options_.error_matchers.empty());
    std::ranges::move(lacking, std::back_inserter(answer->notices));
    co_return std::move(*answer);
  }

  schema::NamesSource& names_;
  prometheus::PrometheusClient& store_;
  const MetricsServiceOptions options_;
  const FamilyReader reader_;
  TagFilter tags_;
  NoticeLog log_;
};

}  // namespace

std::unique_ptr<MetricsService> create_promql_metrics_service(
    schema::NamesSource& names, const promql::TemplateSet& templates, rates::RateSource& rates,
    prometheus::PrometheusClient& store, telemetry::Metrics& metrics, telemetry::Log& log,
    MetricsServiceOptions options, sharing::Workers* workers) {
  return std::make_unique<PromqlMetricsService>(names, templates, rates, store, metrics, log, std::move(options),
                                                workers);
}

}  // namespace spm::service
