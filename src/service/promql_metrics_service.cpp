#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <spm/base/utf8.hpp>
#include <spm/prometheus/piecewise_query.hpp>
#include <spm/promql/builder.hpp>
#include <spm/reshape/family.hpp>
#include <spm/service/promql_metrics_service.hpp>

namespace spm::service {
namespace {

using base::CallContext;
using base::fail;
using base::Result;
using boost::asio::awaitable;
using model::MetricKind;
using model::MetricNames;
using model::MetricQuery;
using prometheus::RangeAnswer;
using prometheus::RangeQuery;

/// Long enough for a sentence of the store's, short enough for every proxy's header limit.
constexpr std::size_t kMaxNoticeBytes = 1'000;

class PromqlMetricsService final : public MetricsService {
 public:
  PromqlMetricsService(schema::NamesSource& names, const promql::TemplateSet& templates,
                       prometheus::PrometheusClient& store, telemetry::Metrics& metrics, telemetry::Log& log,
                       std::size_t max_series)
      : names_(names),
        templates_(templates),
        store_(store),
        metrics_(metrics),
        log_(log),
        max_series_(max_series) {}

  awaitable<Result<MetricsAnswer>> answer(MetricQuery query, const CallContext& context) override {
    Result<MetricNames> names = co_await names_.names(context);
    if (!names) co_return fail(std::move(names.error()));

    Result<MetricsAnswer> answer = co_await answer_for(query.services, query, *names, context);
    if (answer && answer->family.metrics.empty() && !query.services_with_plus.empty()) {
      Result<MetricsAnswer> other = co_await answer_for(query.services_with_plus, query, *names, context);
      if (!other) co_return fail(std::move(other.error()));
      if (!other->family.metrics.empty()) {
        answer = std::move(other);
        answer->notices.push_back({NoticeKind::services_with_plus, "the + in the service name was read as itself"});
      }
    }
    if (!answer) co_return fail(std::move(answer.error()));

    if (query.default_step_widened_from_ms) {
      answer->notices.push_back({NoticeKind::step_widened, "widened from " +
                                                               std::to_string(*query.default_step_widened_from_ms) +
                                                               " to " + std::to_string(query.grid.step_ms) + " ms"});
    }
    report(answer->notices, context);
    co_return std::move(*answer);
  }

 private:
  using Services = std::vector<std::string>;

  awaitable<Result<MetricsAnswer>> answer_for(const Services& services, const MetricQuery& query,
                                              const MetricNames& names, const CallContext& context) {
    if (query.kind == MetricKind::error_rate) co_return co_await error_rates(services, query, names, context);

    Result<std::string> text = promql::build(templates_, names, query, services, query.kind);
    if (!text) co_return fail(std::move(text.error()));
    RangeQuery range(std::move(*text), query.grid);
    Result<RangeAnswer> stored = co_await prometheus::query_whole_range(store_, std::move(range), context, max_series_);
    if (!stored) co_return fail(std::move(stored.error()));

    MetricsAnswer answer;
    answer.family = reshape::to_family(query, names, std::move(stored->matrix));
    add_warnings(answer.notices, stored->warnings);
    co_return std::move(answer);
  }

  /// Errors over calls has no point where nothing failed yet; the call rates say where those points are.
  awaitable<Result<MetricsAnswer>> error_rates(const Services& services, const MetricQuery& query,
                                               const MetricNames& names, const CallContext& context) {
    using namespace boost::asio::experimental::awaitable_operators;
    Result<std::string> ratio_text = promql::build(templates_, names, query, services, MetricKind::error_rate);
    if (!ratio_text) co_return fail(std::move(ratio_text.error()));
    Result<std::string> calls_text = promql::build(templates_, names, query, services, MetricKind::call_rate);
    if (!calls_text) co_return fail(std::move(calls_text.error()));

    RangeQuery ratio_query(std::move(*ratio_text), query.grid);
    RangeQuery calls_query(std::move(*calls_text), query.grid);
    awaitable<Result<RangeAnswer>> fetch_ratios =
        prometheus::query_whole_range(store_, std::move(ratio_query), context, max_series_);
    awaitable<Result<RangeAnswer>> fetch_calls =
        prometheus::query_whole_range(store_, std::move(calls_query), context, max_series_);
    auto [ratios, calls] = co_await (std::move(fetch_ratios) && std::move(fetch_calls));
    if (!ratios) co_return fail(std::move(ratios.error()));
    if (!calls) co_return fail(std::move(calls.error()));

    MetricsAnswer answer;
    answer.family = reshape::to_error_rate_family(query, names, ratios->matrix, calls->matrix);
    add_warnings(answer.notices, ratios->warnings);
    add_warnings(answer.notices, calls->warnings);
    co_return std::move(answer);
  }

  static void add_warnings(std::vector<Notice>& notices, const std::vector<std::string>& warnings) {
    for (const std::string& warning : warnings) {
      Notice notice{NoticeKind::store_warning, base::printable(warning, kMaxNoticeBytes)};
      const bool known = std::ranges::any_of(notices, [&](const Notice& other) { return other.text == notice.text; });
      if (!known) notices.push_back(std::move(notice));
    }
  }

  void report(const std::vector<Notice>& notices, const CallContext& context) {
    for (const Notice& notice : notices) {
      metrics_.notice(metric_label(notice.kind));
      const auto severity = notice.kind == NoticeKind::store_warning ? base::Severity::warning : base::Severity::info;
      log_.write(severity, "answered with a notice",
                 {{"notice", metric_label(notice.kind)}, {"text", notice.text}, {"request_id", context.request_id}});
    }
  }

  schema::NamesSource& names_;
  const promql::TemplateSet& templates_;
  prometheus::PrometheusClient& store_;
  telemetry::Metrics& metrics_;
  telemetry::Log& log_;
  const std::size_t max_series_;
};

}  // namespace

std::unique_ptr<MetricsService> create_promql_metrics_service(schema::NamesSource& names,
                                                              const promql::TemplateSet& templates,
                                                              prometheus::PrometheusClient& store,
                                                              telemetry::Metrics& metrics, telemetry::Log& log,
                                                              std::size_t max_series) {
  return std::make_unique<PromqlMetricsService>(names, templates, store, metrics, log, max_series);
}

}  // namespace spm::service
