#include "store_questions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace spm::schema {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using boost::asio::awaitable;
using prometheus::InstantAnswer;
using prometheus::InstantQuery;
using prometheus::ListAnswer;
using prometheus::Listing;
using prometheus::RangeAnswer;
using prometheus::RangeQuery;
using Texts = std::vector<std::string>;
using Time = std::optional<std::int64_t>;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 24 * kHourMs;

/// How far back from the end of a window newest samples are looked for, and how closely. Steps are never longer than
/// the five minutes for which a store shows a sample, so that none falls between two; short where little time is
/// covered, so that series which ended at once are seen too.
struct Piece {
  std::int64_t reach_ms;
  std::int64_t step_ms;
};
constexpr std::array<Piece, 4> kPieces = {
    {{kHourMs, 30'000}, {6 * kHourMs, 60'000}, {48 * kHourMs, 300'000}, {38 * kDayMs, 300'000}}};

/// Half a century: before it there was no Prometheus.
constexpr std::int64_t kLongestReachMs = 50 * 365 * kDayMs;

bool says_cut(const std::vector<std::string>& warnings) {
  return std::ranges::any_of(warnings, [](std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return text.find("truncat") != std::string::npos || text.find("limit") != std::string::npos;
  });
}

Listing listing(Texts selectors, TimeWindow window) {
  Listing of;
  of.selectors = std::move(selectors);
  of.start_ms = window.start_ms;
  of.end_ms = window.end_ms;
  return of;
}

Time to_ms(std::optional<double> seconds) {
  if (!seconds || !std::isfinite(*seconds)) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(*seconds * 1000 - 1e-3));
}

}  // namespace

std::string selector_of(const std::string& metric, const std::vector<model::LabelPresence>& having,
                        promql::Dialect dialect) {
  std::string text = "{" + promql::metric_name_matcher(metric);
  for (const model::LabelPresence& label : having) {
    text += "," + promql::label_name(label.label, dialect) + (label.present ? "!=\"\"" : "=\"\"");
  }
  return text + "}";
}

awaitable<Result<Texts>> StoreQuestions::metric_names(Texts selectors, Texts narrower, TimeWindow window) {
  Listing of = listing(std::move(selectors), window);
  Result<ListAnswer> answer = co_await store_.label_values("__name__", std::move(of), context_);
  if (!answer && answer.error().kind == ErrorKind::query_rejected && allow_unfiltered_names_) {
    // Some stores take no match[] here. What they list is sorted out by whoever reads it.
    Listing all = listing({}, window);
    answer = co_await store_.label_values("__name__", std::move(all), context_);
  }
  if (answer && says_cut(answer->warnings)) {
    Listing less = listing(std::move(narrower), window);
    answer = co_await store_.label_values("__name__", std::move(less), context_);
    if (answer && says_cut(answer->warnings)) {
      co_return fail(
          ErrorKind::store_misbehaved,
          "the store cuts its list of metric names short, so that span metrics may be missing from it: raise "
          "its limit for label values, or name the metrics with --schema");
    }
  }
  if (!answer) co_return fail(std::move(answer.error()));
  co_return std::move(answer->values);
}

awaitable<Result<Texts>> StoreQuestions::label_names(std::string selector, TimeWindow window) {
  Texts selectors;
  selectors.push_back(std::move(selector));
  Listing of = listing(std::move(selectors), window);
  Result<ListAnswer> answer = co_await store_.label_names(std::move(of), context_);
  if (!answer) co_return fail(std::move(answer.error()));
  std::ranges::sort(answer->values);
  co_return std::move(answer->values);
}

awaitable<Result<Texts>> StoreQuestions::label_values(std::string label, std::string selector, TimeWindow window) {
  Texts selectors;
  selectors.push_back(std::move(selector));
  Listing of = listing(std::move(selectors), window);
  Result<ListAnswer> answer = co_await store_.label_values(std::move(label), std::move(of), context_);
  if (!answer) co_return fail(std::move(answer.error()));
  std::ranges::sort(answer->values);
  co_return std::move(answer->values);
}

awaitable<Result<Texts>> StoreQuestions::labels_of_one(std::string selector, std::int64_t at_ms) {
  InstantQuery query("topk(1, " + selector + ")", at_ms);
  Result<InstantAnswer> answer = co_await store_.query(std::move(query), context_);
  if (!answer) co_return fail(std::move(answer.error()));
  Texts names;
  if (!answer->samples.empty()) {
    names.reserve(answer->samples.front().labels.size());
    for (const model::Label& label : answer->samples.front().labels) names.push_back(label.name);
  }
  std::ranges::sort(names);
  co_return std::move(names);
}

awaitable<Result<std::optional<double>>> StoreQuestions::number(std::string query, std::int64_t at_ms) {
  InstantQuery instant(std::move(query), at_ms);
  Result<InstantAnswer> answer = co_await store_.query(std::move(instant), context_);
  if (!answer) co_return fail(std::move(answer.error()));
  std::optional<double> value;
  if (!answer->samples.empty()) value = answer->samples.front().value;
  co_return value;
}

awaitable<Result<bool>> StoreQuestions::understands(std::string query, std::int64_t at_ms) {
  InstantQuery instant(std::move(query), at_ms);
  Result<InstantAnswer> answer = co_await store_.query(std::move(instant), context_);
  if (answer) co_return true;
  const ErrorKind kind = answer.error().kind;
  // internal: a decorator between here and the store could not read it either.
  if (kind == ErrorKind::query_rejected || kind == ErrorKind::internal) co_return false;
  co_return fail(std::move(answer.error()));
}

awaitable<Result<bool>> StoreQuestions::any_series(std::string selector, std::int64_t from_ms, std::int64_t until_ms) {
  TimeWindow window;
  window.start_ms = from_ms;
  window.end_ms = until_ms;
  Result<Texts> names = co_await label_values("__name__", std::move(selector), window);
  if (!names) co_return fail(std::move(names.error()));
  co_return !names->empty();
}

/// Some time after the newest sample of a store whose data ended long ago, found by halving. Listings cost little.
awaitable<Result<std::int64_t>> StoreQuestions::end_of_data(std::string selector) {
  std::int64_t nothing_since = now_ms_;
  std::int64_t something_since = now_ms_;
  for (std::int64_t reach = 2 * kDayMs;; reach *= 2) {
    if (reach > kLongestReachMs) co_return now_ms_;
    something_since = std::max<std::int64_t>(0, now_ms_ - reach);
    Result<bool> any = co_await any_series(selector, something_since, now_ms_);
    if (!any) co_return fail(std::move(any.error()));
    if (*any) break;
    if (something_since == 0) co_return now_ms_;
    nothing_since = something_since;
  }
  while (nothing_since - something_since > kHourMs) {
    const std::int64_t middle = something_since + (nothing_since - something_since) / 2;
    Result<bool> any = co_await any_series(selector, middle, now_ms_);
    if (!any) co_return fail(std::move(any.error()));
    (*any ? something_since : nothing_since) = middle;
  }
  co_return nothing_since;
}

awaitable<Result<std::optional<double>>> StoreQuestions::extreme(std::string query, std::int64_t from_ms,
                                                                 std::int64_t until_ms, std::int64_t step_ms,
                                                                 bool largest) {
  model::TimeGrid grid;
  grid.step_ms = step_ms;
  grid.points = static_cast<std::size_t>((until_ms - from_ms) / step_ms) + 1;
  grid.start_ms = until_ms - static_cast<std::int64_t>(grid.points - 1) * step_ms;
  RangeQuery range(std::move(query), grid);
  Result<RangeAnswer> answer = co_await store_.query_range(std::move(range), context_);
  if (!answer) co_return fail(std::move(answer.error()));
  std::optional<double> found;
  for (const model::Series& series : answer->matrix.series) {
    for (std::size_t i = 0; i < series.column.size(); ++i) {
      if (!series.column.has(i)) continue;
      const double value = series.column.value(i);
      if (!found || (largest ? value > *found : value < *found)) found = value;
    }
  }
  co_return found;
}

awaitable<Result<Time>> StoreQuestions::newest_sample(std::string selector, TimeWindow window) {
  const std::string query = "max(timestamp(" + selector + "))";
  std::int64_t end = window.end_ms.value_or(now_ms_);
  Result<std::optional<double>> at_end = co_await number(query, end);
  if (!at_end) co_return fail(std::move(at_end.error()));
  if (*at_end) co_return to_ms(*at_end);

  if (!window.start_ms) {
    Result<std::int64_t> bound = co_await end_of_data(selector);
    if (!bound) co_return fail(std::move(bound.error()));
    end = *bound;
  }
  std::int64_t looked_until = end;
  for (const Piece& piece : kPieces) {
    const std::int64_t from = std::max(end - piece.reach_ms, window.start_ms.value_or(0));
    if (from >= looked_until) break;
    Result<std::optional<double>> newest = co_await extreme(query, from, looked_until, piece.step_ms, true);
    if (!newest) co_return fail(std::move(newest.error()));
    if (*newest) co_return to_ms(*newest);
    looked_until = from;
  }
  co_return Time();
}

awaitable<Result<Time>> StoreQuestions::first_sample(std::string selector, TimeWindow window, std::int64_t newest_ms) {
  const std::string query = "min(timestamp(" + selector + "))";
  const std::int64_t from = std::max(newest_ms - 48 * kHourMs, window.start_ms.value_or(0));
  const std::int64_t step = newest_ms - from > kHourMs ? 300'000 : 30'000;
  Result<std::optional<double>> first = co_await extreme(query, from, newest_ms, step, false);
  if (!first) co_return fail(std::move(first.error()));
  co_return to_ms(*first);
}

}  // namespace spm::schema
