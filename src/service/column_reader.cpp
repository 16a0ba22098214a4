#include "column_reader.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <spm/reshape/family.hpp>

#include "column_math.hpp"
#include "computed.hpp"
#include "family_listing.hpp"
#include "store_warnings.hpp"

namespace spm::service {

using base::CallContext;
using base::fail;
using base::Result;
using boost::asio::awaitable;
using model::MetricKind;
using rates::Grouping;
using rates::RateAnswer;
using rates::RateAnswerPtr;
using rates::RatePart;
using rates::RateQuery;
using Time = std::chrono::steady_clock::time_point;

namespace {

/// The groupings of a page: its service's own row, and one for each operation.
struct Levels {
  Grouping service;
  Grouping operation;  ///< empty: the store knows no operations
};

Levels levels_of(const model::MetricNames& names) {
  Levels levels;
  levels.service = {names.service_label};
  if (!names.operation_label.empty()) levels.operation = {names.service_label, names.operation_label};
  return levels;
}

const Grouping& level_of(const model::MetricQuery& query, const Levels& levels) {
  return query.group_by_operation && !levels.operation.empty() ? levels.operation : levels.service;
}

/// Every part that a page's questions about one metric can need, so that they all ask for the same read.
std::vector<RatePart> parts_of_page(const Levels& levels, const std::optional<rates::LabelFilter>& errors) {
  std::vector<RatePart> parts;
  for (const Grouping* by : {&levels.service, &levels.operation}) {
    if (by->empty()) continue;
    parts.push_back({*by, std::nullopt});
    if (errors) parts.push_back({*by, errors});
  }
  return parts;
}

CacheResult result_of(rates::Reuse reuse) noexcept {
  switch (reuse) {
    case rates::Reuse::miss:
      return CacheResult::miss;
    case rates::Reuse::partial:
      return CacheResult::partial;
    case rates::Reuse::hit:
      return CacheResult::hit;
    case rates::Reuse::none:
      break;
  }
  return CacheResult::bypass;
}

/// Of all reads for one answer: what they have in common, else partial.
CacheResult result_of(std::initializer_list<const RateAnswer*> reads) noexcept {
  const rates::Reuse first = (*reads.begin())->report.reuse;
  const bool all = std::ranges::all_of(reads, [&](const RateAnswer* one) { return one->report.reuse == first; });
  return all ? result_of(first) : CacheResult::partial;
}

/// The epoch: now. Time::min(): unknown.
Time when_asked(const rates::ReadReport& report) noexcept {
  if (report.asked != Time()) return report.asked;
  // Partial without a request for these columns: the store was asked for something else.
  const bool held = report.reuse == rates::Reuse::hit || (report.reuse == rates::Reuse::partial && report.pieces == 0);
  return held ? Time::min() : Time();
}

std::size_t points_of(const model::Matrix& matrix) { return matrix.series.size() * matrix.grid.points; }

std::optional<rates::LabelFilter> error_filter(const model::MetricNames& names) {
  if (!status_tells_errors(names)) return std::nullopt;
  return rates::LabelFilter{names.status_label, names.error_values};
}

}  // namespace

/// A question and all that it is asked with.
struct ColumnReader::Asked {
  const model::MetricQuery& query;
  const model::MetricNames& names;
  const promql::BuildOptions& options;
  promql::Selection counters;
  Levels levels;
  std::optional<AnswerPlan> plan;  ///< when it is wanted

  RateQuery read_of(std::vector<RatePart> needed, std::vector<RatePart> page) const {
    RateQuery read;
    read.metric = counters.metric;
    read.matchers = counters.matchers;
    read.window_ms = query.rate_window_ms;
    read.grid = query.grid;
    for (RatePart& part : page) {
      if (std::ranges::find(needed, part) == needed.end()) read.welcome.push_back(std::move(part));
    }
    read.needed = std::move(needed);
    return read;
  }

  MetricsAnswer answer_with(model::MetricFamily family, std::initializer_list<const RateAnswer*> reads) {
    MetricsAnswer answer;
    answer.set_family(std::move(family));
    answer.cache = result_of(reads);
    for (const RateAnswer* columns : reads) {
      const Time asked_at = when_asked(columns->report);
      const bool earlier = answer.asked == Time() || asked_at < answer.asked;
      if (asked_at != Time() && earlier) answer.asked = asked_at;
      add_store_warnings(answer.notices, columns->warnings);
      if (plan) plan->add(columns->report);
    }
    if (plan) answer.plan = plan->text();
    return answer;
  }
};

bool ColumnReader::templates_allow(const model::MetricQuery& query, bool errors_known) const {
  if (query.kind != MetricKind::error_rate) return templates_.means_built_in(query.kind);
  return templates_.means_built_in(MetricKind::call_rate) &&
         (!errors_known || templates_.means_built_in(MetricKind::error_rate));
}

awaitable<ColumnReader::Outcome> ColumnReader::read(const std::vector<std::string>& services,
                                                    const model::MetricQuery& query, const model::MetricNames& names,
                                                    const promql::BuildOptions& options,
                                                    const CallContext& context) const {
  const bool errors_known = status_tells_errors(names) || !options.error_matchers.empty();
  if (!templates_allow(query, errors_known)) co_return std::nullopt;
  auto counters = promql::select_counters(names, query, services, query.kind, options);
  if (!counters) co_return std::nullopt;

  Asked asked{query, names, options, std::move(*counters), levels_of(names), std::nullopt};
  if (context.wants_plan) {
    const bool zeros = query.kind == MetricKind::error_rate && !errors_known;
    const MetricKind meant = zeros ? MetricKind::call_rate : query.kind;
    auto text = promql::build(templates_, names, query, services, meant, options);
    if (text) asked.plan.emplace(std::move(*text));
  }
  Outcome outcome = co_await read_kind(asked, context);
  if (outcome && *outcome && (*outcome)->family->metrics.size() > max_series_) {
    co_return fail(base::ErrorKind::answer_too_large, "the answer has more than " + std::to_string(max_series_) +
                                                          " series (--store.max-series); ask for fewer services");
  }
  co_return std::move(outcome);
}

awaitable<ColumnReader::Outcome> ColumnReader::read_kind(Asked& asked, const CallContext& context) const {
  switch (asked.query.kind) {
    case MetricKind::latency:
      co_return co_await latencies_of(asked, context);
    case MetricKind::call_rate:
      co_return co_await calls_of(asked, context);
    case MetricKind::error_rate:
      break;
  }
  if (!asked.options.error_matchers.empty()) co_return co_await errors_by_matchers(asked, context);
  co_return co_await errors_of(asked, context);
}

awaitable<ColumnReader::Outcome> ColumnReader::latencies_of(Asked& asked, const CallContext& context) const {
  Levels with_bounds = asked.levels;
  with_bounds.service.emplace_back("le");
  if (!with_bounds.operation.empty()) with_bounds.operation.emplace_back("le");
  const RatePart needed{level_of(asked.query, with_bounds), std::nullopt};

  RateQuery read = asked.read_of({needed}, parts_of_page(with_bounds, std::nullopt));
  Result<RateAnswerPtr> columns = co_await source_.read(std::move(read), context);
  if (!columns) co_return fail(std::move(columns.error()));
  const model::Matrix* buckets = *columns ? (*columns)->find(needed) : nullptr;
  if (buckets == nullptr) co_return std::nullopt;

  auto work = [&asked, buckets, repair = (*columns)->bucket_repair] {
    model::Matrix quantiles = latencies(*buckets, asked.query.quantile, asked.names.to_milliseconds, repair);
    return reshape::to_family(asked.query, asked.names, std::move(quantiles));
  };
  model::MetricFamily family = co_await computed(workers_, points_of(*buckets), std::move(work));
  co_return asked.answer_with(std::move(family), {columns->get()});
}

awaitable<ColumnReader::Outcome> ColumnReader::calls_of(Asked& asked, const CallContext& context) const {
  const RatePart needed{level_of(asked.query, asked.levels), std::nullopt};
  RateQuery read = asked.read_of({needed}, parts_of_page(asked.levels, error_filter(asked.names)));
  Result<RateAnswerPtr> columns = co_await source_.read(std::move(read), context);
  if (!columns) co_return fail(std::move(columns.error()));
  const model::Matrix* calls = *columns ? (*columns)->find(needed) : nullptr;
  if (calls == nullptr) co_return std::nullopt;
  auto work = [&asked, calls] { return reshape::to_family(asked.query, asked.names, *calls); };
  model::MetricFamily family = co_await computed(workers_, points_of(*calls), std::move(work));
  co_return asked.answer_with(std::move(family), {columns->get()});
}

/// By the status label. Without one no series says that it failed: 0 wherever there are calls.
awaitable<ColumnReader::Outcome> ColumnReader::errors_of(Asked& asked, const CallContext& context) const {
  const std::optional<rates::LabelFilter> filter = error_filter(asked.names);
  const RatePart all{level_of(asked.query, asked.levels), std::nullopt};
  const RatePart failed{all.by, filter};
  std::vector<RatePart> needed = {all};
  if (filter) needed.push_back(failed);

  RateQuery read = asked.read_of(std::move(needed), parts_of_page(asked.levels, filter));
  Result<RateAnswerPtr> columns = co_await source_.read(std::move(read), context);
  if (!columns) co_return fail(std::move(columns.error()));
  const model::Matrix* calls = *columns ? (*columns)->find(all) : nullptr;
  const model::Matrix* errors = *columns && filter ? (*columns)->find(failed) : nullptr;
  if (calls == nullptr || (filter && errors == nullptr)) co_return std::nullopt;

  auto work = [&asked, calls, errors] {
    model::Matrix ratios;
    ratios.grid = calls->grid;
    if (errors != nullptr) ratios = fractions(*errors, *calls);
    return reshape::to_error_rate_family(asked.query, asked.names, ratios, *calls);
  };
  model::MetricFamily family = co_await computed(workers_, points_of(*calls), std::move(work));
  co_return asked.answer_with(std::move(family), {columns->get()});
}

/// What an error is was said in matchers, which only the store applies: a read of its own.
awaitable<ColumnReader::Outcome> ColumnReader::errors_by_matchers(Asked& asked, const CallContext& context) const {
  using namespace boost::asio::experimental::awaitable_operators;
  const RatePart needed{level_of(asked.query, asked.levels), std::nullopt};
  RateQuery all = asked.read_of({needed}, parts_of_page(asked.levels, error_filter(asked.names)));
  RateQuery failed = asked.read_of({needed}, parts_of_page(asked.levels, std::nullopt));
  failed.matchers.insert(failed.matchers.end(), asked.options.error_matchers.begin(),
                         asked.options.error_matchers.end());

  awaitable<Result<RateAnswerPtr>> read_all = source_.read(std::move(all), context);
  awaitable<Result<RateAnswerPtr>> read_failed = source_.read(std::move(failed), context);
  auto [calls_read, errors_read] = co_await (std::move(read_all) && std::move(read_failed));
  if (!calls_read) co_return fail(std::move(calls_read.error()));
  if (!errors_read) co_return fail(std::move(errors_read.error()));
  const model::Matrix* calls = *calls_read ? (*calls_read)->find(needed) : nullptr;
  const model::Matrix* errors = *errors_read ? (*errors_read)->find(needed) : nullptr;
  if (calls == nullptr || errors == nullptr) co_return std::nullopt;

  auto work = [&asked, calls, errors] {
    const model::Matrix ratios = fractions(*errors, *calls);
    return reshape::to_error_rate_family(asked.query, asked.names, ratios, *calls);
  };
  model::MetricFamily family = co_await computed(workers_, points_of(*calls), std::move(work));
  MetricsAnswer answer = asked.answer_with(std::move(family), {calls_read->get(), errors_read->get()});
  co_return std::move(answer);
}

}  // namespace spm::service
