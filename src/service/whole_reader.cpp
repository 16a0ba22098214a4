#include "whole_reader.hpp"

#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <spm/prometheus/piecewise_query.hpp>
#include <spm/reshape/family.hpp>

#include "answer_plan.hpp"
#include "family_listing.hpp"
#include "store_warnings.hpp"

namespace spm::service {

using base::CallContext;
using base::fail;
using base::Result;
using boost::asio::awaitable;
using model::MetricKind;
using model::MetricNames;
using model::MetricQuery;
using prometheus::RangeAnswer;
using prometheus::RangeQuery;

awaitable<Result<RangeAnswer>> WholeReader::fetch(std::string text, model::TimeGrid grid,
                                                  const CallContext& context) const {
  RangeQuery query(std::move(text), grid);
  return prometheus::query_whole_range(store_, std::move(query), context, max_series_);
}

awaitable<Result<MetricsAnswer>> WholeReader::read(const Services& services, const MetricQuery& query,
                                                   const MetricNames& names, const promql::BuildOptions& options,
                                                   const CallContext& context) const {
  if (query.kind == MetricKind::error_rate) {
    if (!status_tells_errors(names) && options.error_matchers.empty()) {
      co_return co_await zeros(services, query, names, options, context);
    }
    co_return co_await rates_of_errors(services, query, names, options, context);
  }
  Result<std::string> text = promql::build(templates_, names, query, services, query.kind, options);
  if (!text) co_return fail(std::move(text.error()));
  const AnswerPlan plan(*text);
  Result<RangeAnswer> stored = co_await fetch(std::move(*text), query.grid, context);
  if (!stored) co_return fail(std::move(stored.error()));

  MetricsAnswer answer;
  answer.set_family(reshape::to_family(query, names, std::move(stored->matrix)));
  add_store_warnings(answer.notices, stored->warnings);
  if (context.wants_plan) answer.plan = plan.text();
  co_return std::move(answer);
}

/// Errors over calls has no point where nothing failed yet; the call rates say where those points are.
awaitable<Result<MetricsAnswer>> WholeReader::rates_of_errors(const Services& services, const MetricQuery& query,
                                                              const MetricNames& names,
                                                              const promql::BuildOptions& options,
                                                              const CallContext& context) const {
  using namespace boost::asio::experimental::awaitable_operators;
  Result<std::string> ratio_text = promql::build(templates_, names, query, services, MetricKind::error_rate, options);
  if (!ratio_text) co_return fail(std::move(ratio_text.error()));
  Result<std::string> calls_text = promql::build(templates_, names, query, services, MetricKind::call_rate, options);
  if (!calls_text) co_return fail(std::move(calls_text.error()));

  const AnswerPlan plan(*ratio_text);
  awaitable<Result<RangeAnswer>> fetch_ratios = fetch(std::move(*ratio_text), query.grid, context);
  awaitable<Result<RangeAnswer>> fetch_calls = fetch(std::move(*calls_text), query.grid, context);
  auto [ratios, calls] = co_await (std::move(fetch_ratios) && std::move(fetch_calls));
  if (!ratios) co_return fail(std::move(ratios.error()));
  if (!calls) co_return fail(std::move(calls.error()));

  MetricsAnswer answer;
  answer.set_family(reshape::to_error_rate_family(query, names, ratios->matrix, calls->matrix));
  add_store_warnings(answer.notices, ratios->warnings);
  add_store_warnings(answer.notices, calls->warnings);
  if (context.wants_plan) answer.plan = plan.text();
  co_return std::move(answer);
}

/// No series says that it failed: 0 wherever there are calls.
awaitable<Result<MetricsAnswer>> WholeReader::zeros(const Services& services, const MetricQuery& query,
                                                    const MetricNames& names, const promql::BuildOptions& options,
                                                    const CallContext& context) const {
  Result<std::string> text = promql::build(templates_, names, query, services, MetricKind::call_rate, options);
  if (!text) co_return fail(std::move(text.error()));
  const AnswerPlan plan(*text);
  Result<RangeAnswer> calls = co_await fetch(std::move(*text), query.grid, context);
  if (!calls) co_return fail(std::move(calls.error()));

  model::Matrix no_ratios;
  no_ratios.grid = calls->matrix.grid;
  MetricsAnswer answer;
  answer.set_family(reshape::to_error_rate_family(query, names, no_ratios, calls->matrix));
  add_store_warnings(answer.notices, calls->warnings);
  if (context.wants_plan) answer.plan = plan.text();
  co_return std::move(answer);
}

}  // namespace spm::service
