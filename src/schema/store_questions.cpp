#include "store_questions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "side_by_side.hpp"

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

namespace asio = boost::asio;

/// Requests of one discovery that are with the store at the same time. The store gets eight at once from all of this
/// service.
constexpr std::size_t kAtOnce = 4;

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
constexpr std::int64_t kLongestReachMs = std::int64_t{50} * 365 * kDayMs;

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
  constexpr double kYear9999 = 253'402'300'799.0;
  if (!seconds || !(*seconds >= 0 && *seconds <= kYear9999)) return std::nullopt;
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

awaitable<StoreQuestions::Turn> StoreQuestions::turn() {
  if (!turns_) {
    asio::any_io_executor executor = co_await asio::this_coro::executor;
    turns_.emplace(std::move(executor), kAtOnce);
  }
  const auto [error] = co_await turns_->async_send(boost::system::error_code(), asio::as_tuple(asio::use_awaitable));
  // Cancelled while it waited: so will be what it waited for.
  Turn taken(error ? nullptr : &*turns_);
  co_return std::move(taken);
}

awaitable<Result<InstantAnswer>> StoreQuestions::instant(InstantQuery query) {
  const Turn mine = co_await turn();
  co_return co_await store_.query(std::move(query), context_);
}

awaitable<Result<ListAnswer>> StoreQuestions::values(std::string label, Listing of) {
  const Turn mine = co_await turn();
  co_return co_await store_.label_values(std::move(label), std::move(of), context_);
}

awaitable<Result<Texts>> StoreQuestions::metric_names(Texts selectors, Texts narrower, TimeWindow window) {
  Listing of = listing(std::move(selectors), window);
  Result<ListAnswer> answer = co_await values("__name__", std::move(of));
  if (!answer && answer.error().kind == ErrorKind::query_rejected && allow_unfiltered_names_) {
    // Some stores take no match[] here. What they list is sorted out by whoever reads it.
    Listing all = listing({}, window);
    answer = co_await values("__name__", std::move(all));
  }
  if (answer && says_cut(answer->warnings)) {
    Listing less = listing(std::move(narrower), window);
    answer = co_await values("__name__", std::move(less));
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
  const Turn mine = co_await turn();
  Result<ListAnswer> answer = co_await store_.label_names(std::move(of), context_);
  if (!answer) co_return fail(std::move(answer.error()));
  std::ranges::sort(answer->values);
  co_return std::move(answer->values);
}

awaitable<Result<Texts>> StoreQuestions::label_values(std::string label, std::string selector, TimeWindow window) {
  Texts selectors;
  selectors.push_back(std::move(selector));
  Listing of = listing(std::move(selectors), window);
  Result<ListAnswer> answer = co_await values(std::move(label), std::move(of));
  if (!answer) co_return fail(std::move(answer.error()));
  std::ranges::sort(answer->values);
  co_return std::move(answer->values);
}

awaitable<Result<Texts>> StoreQuestions::labels_of_one(std::string selector, std::int64_t at_ms) {
  InstantQuery query("topk(1, " + selector + ")", at_ms);
  Result<InstantAnswer> answer = co_await instant(std::move(query));
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
  InstantQuery asked(std::move(query), at_ms);
  Result<InstantAnswer> answer = co_await instant(std::move(asked));
  if (!answer) co_return fail(std::move(answer.error()));
  std::optional<double> value;
  if (!answer->samples.empty()) value = answer->samples.front().value;
  co_return value;
}

awaitable<Result<bool>> StoreQuestions::understands(std::string query, std::int64_t at_ms) {
  InstantQuery asked(std::move(query), at_ms);
  Result<InstantAnswer> answer = co_await instant(std::move(asked));
  if (answer) co_return true;
  const ErrorKind kind = answer.error().kind;
  // internal: a decorator between here and the store could not read it either.
  if (kind == ErrorKind::query_rejected || kind == ErrorKind::internal) co_return false;
  co_return fail(std::move(answer.error()));
}

awaitable<Result<bool>> StoreQuestions::any_since(std::string selector, std::int64_t from_ms, std::int64_t until_ms) {
  TimeWindow window;
  window.start_ms = from_ms;
  window.end_ms = until_ms;
  Result<Texts> names = co_await label_values("__name__", std::move(selector), window);
  if (!names) co_return fail(std::move(names.error()));
  co_return !names->empty();
}

/// The first of `times` since which there is something; times.size(): since none of them.
awaitable<Result<std::size_t>> StoreQuestions::first_with_any(std::string selector, std::vector<std::int64_t> times,
                                                              std::int64_t until_ms) {
  Pieces<bool> pieces;
  pieces.reserve(times.size());
  for (const std::int64_t time : times) pieces.push_back(any_since(selector, time, until_ms));
  std::vector<Result<bool>> answers = co_await side_by_side(std::move(pieces));
  std::size_t found = times.size();
  for (std::size_t i = times.size(); i > 0; --i) {
    Result<bool>& answer = answers[i - 1];
    if (!answer) co_return fail(std::move(answer.error()));
    if (*answer) found = i - 1;
  }
  co_return found;
}

/// Some time soon after the newest sample that is older than now, or newer; nothing: there are no such samples.
/// Listings cost little, and several are asked for at the same time.
awaitable<Result<Time>> StoreQuestions::end_of_data(std::string selector, Side side) {
  const bool newer = side == Side::newer_than_now;
  const std::int64_t until = newer ? now_ms_ + kLongestReachMs : now_ms_;
  std::vector<std::int64_t> times;  // falling
  for (std::int64_t reach = 2 * kDayMs; reach < kLongestReachMs; reach *= 4) {
    times.push_back(newer ? now_ms_ + reach : now_ms_ - reach);
  }
  if (newer) {
    std::ranges::reverse(times);
    times.push_back(now_ms_);
  } else {
    times.push_back(now_ms_ - kLongestReachMs);
  }
  for (std::int64_t& time : times) time = std::max<std::int64_t>(0, time);
  Result<std::size_t> first = co_await first_with_any(selector, times, until);
  if (!first) co_return fail(std::move(first.error()));
  if (*first == times.size()) co_return Time();
  std::int64_t nothing_since = *first == 0 ? until : times[*first - 1];
  std::int64_t something_since = times[*first];

  constexpr std::int64_t kParts = 4;
  while (nothing_since - something_since > kHourMs) {
    const std::int64_t part = (nothing_since - something_since) / kParts;
    times.clear();
    for (std::int64_t i = 1; i < kParts; ++i) times.push_back(nothing_since - i * part);
    first = co_await first_with_any(selector, times, until);
    if (!first) co_return fail(std::move(first.error()));
    if (*first < times.size()) something_since = times[*first];
    if (*first > 0) nothing_since = times[*first - 1];
  }
  co_return nothing_since;
}

/// The first or the last time of a grid at which there is anything. Counting costs the store a hundredth of what
/// asking for samples' own times does.
awaitable<Result<Time>> StoreQuestions::time_with_any(std::string selector, std::int64_t from_ms, std::int64_t until_ms,
                                                      std::int64_t step_ms, Which which) {
  model::TimeGrid grid;
  grid.step_ms = step_ms;
  grid.points = static_cast<std::size_t>((until_ms - from_ms) / step_ms) + 1;
  grid.start_ms = until_ms - static_cast<std::int64_t>(grid.points - 1) * step_ms;
  RangeQuery range("count(" + selector + ")", grid);
  const Turn mine = co_await turn();
  Result<RangeAnswer> answer = co_await store_.query_range(std::move(range), context_);
  if (!answer) co_return fail(std::move(answer.error()));
  Time found;
  for (const model::Series& series : answer->matrix.series) {
    for (std::size_t i = 0; i < series.column.size(); ++i) {
      if (!series.column.has(i)) continue;
      found = answer->matrix.grid.at(i);
      if (which == Which::first) co_return found;
    }
  }
  co_return found;
}

awaitable<Result<Time>> StoreQuestions::sample_at(std::string selector, std::int64_t at_ms) {
  Result<std::optional<double>> newest = co_await number("max(timestamp(" + selector + "))", at_ms);
  if (!newest) co_return fail(std::move(newest.error()));
  co_return to_ms(*newest);
}

awaitable<Result<Time>> StoreQuestions::newest_sample(std::string selector, TimeWindow window) {
  const std::int64_t end = window.end_ms.value_or(now_ms_);
  Result<Time> at_end = co_await sample_at(selector, end);
  if (!at_end) co_return fail(std::move(at_end.error()));
  if (*at_end) co_return *at_end;
  if (window.start_ms) co_return co_await newest_before(selector, end, *window.start_ms);

  // Some stores list without regard to time when much time is asked for: what a listing says need not be so.
  for (const Side side : {Side::newer_than_now, Side::older_than_now}) {
    Result<Time> bound = co_await end_of_data(selector, side);
    if (!bound) co_return fail(std::move(bound.error()));
    if (!*bound) continue;
    Result<Time> newest = co_await newest_before(selector, **bound, 0);
    if (!newest || *newest) co_return newest;
  }
  co_return Time();
}

awaitable<Result<Time>> StoreQuestions::newest_before(std::string selector, std::int64_t end_ms,
                                                      std::int64_t start_ms) {
  std::int64_t looked_until = end_ms;
  for (const Piece& piece : kPieces) {
    const std::int64_t from = std::max(end_ms - piece.reach_ms, start_ms);
    if (from >= looked_until) break;
    Result<Time> last = co_await time_with_any(selector, from, looked_until, piece.step_ms, Which::last);
    if (!last) co_return fail(std::move(last.error()));
    if (*last) co_return co_await sample_at(selector, **last);
    looked_until = from;
  }
  co_return Time();
}

awaitable<Result<Time>> StoreQuestions::first_sample(std::string selector, TimeWindow window, std::int64_t newest_ms) {
  constexpr std::int64_t kCoarseMs = 300'000;
  constexpr std::int64_t kFineMs = 15'000;
  const std::int64_t from = std::max(newest_ms - 48 * kHourMs, window.start_ms.value_or(0));
  Result<Time> first = co_await time_with_any(selector, from, newest_ms, kCoarseMs, Which::first);
  if (first && *first) {
    const std::int64_t before = std::max(from, **first - kCoarseMs);
    first = co_await time_with_any(selector, before, **first, kFineMs, Which::first);
  }
  if (!first) co_return fail(std::move(first.error()));
  if (!*first) co_return Time();
  Result<std::optional<double>> own = co_await number("min(timestamp(" + selector + "))", **first);
  if (!own) co_return fail(std::move(own.error()));
  co_return to_ms(*own);
}

}  // namespace spm::schema
