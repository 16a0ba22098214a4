#include "store_comparison.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "comparison_grid.hpp"
#include "engine_questions.hpp"
#include "recorded_series.hpp"
#include "variant_agreement.hpp"

namespace spm::rates {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using base::CallContext;
using base::ErrorKind;
using base::fail;
using base::Result;
using Verdict = ComparisonOutcome::Verdict;

constexpr std::int64_t kMinuteMs = 60'000;
/// Samples younger than this may still arrive, in one of the two answers only.
constexpr std::int64_t kSettledAfterMs = 2 * kMinuteMs;
/// How far back samples are looked for: the first is enough where they are taken every 15 s, the last where there are
/// few, or none since long.
constexpr std::array<std::int64_t, 3> kReachesMs = {15 * kMinuteMs, 120 * kMinuteMs, 1'440 * kMinuteMs};
constexpr std::size_t kPlentyOfSamples = 24;  ///< of one series
constexpr std::size_t kFewestPoints = 20;     ///< compared

ComparisonOutcome outcome(Verdict verdict, std::string reason) {
  ComparisonOutcome made;
  made.verdict = verdict;
  made.reason = std::move(reason);
  return made;
}

/// Whether it says something about the question, and nothing about the store's being there.
bool is_refusal(const base::Error& error) {
  // internal: a decorator between here and the store could not read the question.
  return error.kind == ErrorKind::query_rejected || error.kind == ErrorKind::internal;
}

/// Empty: refused.
awaitable<Result<std::optional<prometheus::InstantAnswer>>> ask(prometheus::PrometheusClient& store,
                                                                prometheus::InstantQuery question,
                                                                const CallContext& context) {
  Result<prometheus::InstantAnswer> answer = co_await store.query(std::move(question), context);
  if (answer) {
    std::optional<prometheus::InstantAnswer> given(std::move(*answer));
    co_return std::move(given);
  }
  if (is_refusal(answer.error())) co_return std::optional<prometheus::InstantAnswer>();
  co_return fail(std::move(answer.error()));
}

/// An answer that fits no way at all is none.
VariantSet narrowed(VariantSet known, VariantSet by_answer) {
  const VariantSet both = known & by_answer;
  return both.empty() ? known : both;
}

struct Recording {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::vector<RecordedSeries> series;
};

std::size_t longest_of(const Recording& recording) {
  std::size_t longest = 0;
  for (const RecordedSeries& series : recording.series) longest = std::max(longest, series.times_ms.size());
  return longest;
}

awaitable<Result<Recording>> record(prometheus::PrometheusClient& store, const ComparisonSubject& subject,
                                    std::int64_t from_ms, std::int64_t to_ms, const CallContext& context) {
  prometheus::ChunkRead read;
  read.from_ms = from_ms;
  read.to_ms = to_ms;
  read.matchers.push_back({"__name__", promql::MatchOp::equal, subject.metric});
  read.matchers.insert(read.matchers.end(), subject.matchers.begin(), subject.matchers.end());
  const RecordingLimits limits;
  auto recorder = std::make_shared<SeriesRecorder>(from_ms, to_ms, limits);
  Result<void> streamed = co_await store.read_chunks(std::move(read), recorder, context);
  if (!streamed) co_return fail(std::move(streamed.error()));
  Result<std::vector<RecordedSeries>> series = recorder->finish();
  if (!series) co_return fail(std::move(series.error()));
  Recording made;
  made.from_ms = from_ms;
  made.to_ms = to_ms;
  made.series = std::move(*series);
  co_return std::move(made);
}

/// Until when the subject has samples that are there to stay. A range that ends in another time than this machine's
/// now is taken as it is.
std::int64_t settled_end(const ComparisonSubject& subject, std::int64_t now_ms) {
  const std::int64_t to_ms = subject.to_ms.value_or(now_ms);
  const bool about_now = to_ms > now_ms - kSettledAfterMs && to_ms < now_ms + 10 * kMinuteMs;
  return about_now ? now_ms - kSettledAfterMs : to_ms;
}

/// The shortest read that has enough samples to compare with, or as many as there are.
awaitable<Result<Recording>> record_enough(const ComparisonGround& ground, const ComparisonSubject& subject,
                                           const CallContext& context) {
  const std::int64_t to_ms = settled_end(subject, ground.now_ms);
  Recording best;
  for (const std::int64_t reach_ms : kReachesMs) {
    Result<Recording> recorded = co_await record(ground.store, subject, to_ms - reach_ms, to_ms, context);
    if (!recorded) {
      if (recorded.error().kind == ErrorKind::answer_too_large && !best.series.empty()) break;
      co_return fail(std::move(recorded.error()));
    }
    best = std::move(*recorded);
    if (longest_of(best) >= kPlentyOfSamples) break;
  }
  co_return std::move(best);
}

/// The store's columns, one matrix a grouping.
awaitable<Result<RateAnswerPtr>> columns_of_store(RateSource& promql, const ComparisonSubject& subject,
                                                  const ComparisonGrid& at, const CallContext& context) {
  RateQuery query;
  query.metric = subject.metric;
  query.matchers = subject.matchers;
  query.window_ms = at.window_ms;
  query.grid = at.grid;
  for (const Grouping& by : subject.groupings) query.needed.push_back({by, std::nullopt});
  co_return co_await promql.read(std::move(query), context);
}

Result<Agreement> agreement_of(const Recording& recording, const ComparisonGrid& at,
                               const std::vector<Grouping>& groupings, const RateAnswer& of_store) {
  std::vector<const model::Matrix*> matrices;
  for (const Grouping& by : groupings) {
    const model::Matrix* matrix = of_store.find(RatePart{by, std::nullopt});
    if (matrix == nullptr) return fail(ErrorKind::internal, "a grouping is missing among the columns of the store");
    matrices.push_back(matrix);
  }
  return compare_variants(recording.series, at, groupings, matrices);
}

ComparisonOutcome judge(const Agreement& seen, VariantSet by_engine) {
  if (seen.fitting.empty()) {
    return outcome(Verdict::disagreed,
                   "the store's rates are other ones than its raw samples make: " + seen.contradiction);
  }
  if (seen.points < kFewestPoints || seen.moving == 0) {
    return outcome(Verdict::undecided, "the store has too few calls to compare with");
  }
  // Where the data alone tells, made-up series need not agree: an engine may treat those in another way.
  std::optional<RateVariant> variant = (seen.fitting & by_engine).only();
  if (!variant) variant = seen.fitting.only();
  if (!variant) return outcome(Verdict::undecided, "the samples at hand do not tell how the store computes");
  ComparisonOutcome agreed;
  agreed.verdict = Verdict::agreed;
  agreed.variant = variant;
  return agreed;
}

/// What an error of a raw read means where it tells of the store and not of the moment.
std::optional<ComparisonOutcome> without_samples(const base::Error& error, const CallContext& context) {
  switch (error.kind) {
    case ErrorKind::query_rejected:
    case ErrorKind::store_refused_us:
      return outcome(Verdict::absent, "the store hands out no raw chunks: " + error.message);
    case ErrorKind::unauthenticated:
    case ErrorKind::permission_denied:
      return outcome(context.bearer_token.empty() ? Verdict::absent : Verdict::undecided,
                     "raw chunks may not be read: " + error.message);
    case ErrorKind::answer_too_large:
      return outcome(Verdict::undecided, "there is too much data to compare with: " + error.message);
    default:
      return std::nullopt;
  }
}

awaitable<Result<ComparisonOutcome>> look(const ComparisonGround& ground, const ComparisonSubject& subject,
                                          VariantSet by_engine, unsigned attempt, const CallContext& context) {
  Result<Recording> recording = co_await record_enough(ground, subject, context);
  if (!recording) {
    std::optional<ComparisonOutcome> known = without_samples(recording.error(), context);
    if (!known) co_return fail(std::move(recording.error()));
    co_return std::move(*known);
  }
  const auto grid = choose_grid(recording->series, recording->from_ms, recording->to_ms, attempt);
  if (!grid) co_return outcome(Verdict::undecided, "the store has too few samples to compare with");
  Result<RateAnswerPtr> of_store = co_await columns_of_store(ground.promql, subject, *grid, context);
  if (!of_store) co_return fail(std::move(of_store.error()));
  if (!*of_store) co_return fail(ErrorKind::internal, "the store's columns are missing");
  Result<Agreement> seen = agreement_of(*recording, *grid, subject.groupings, **of_store);
  if (!seen) co_return fail(std::move(seen.error()));
  co_return judge(*seen, by_engine);
}

}  // namespace

std::string_view name_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::agreed:
      return "agreed";
    case Verdict::disagreed:
      return "disagreed";
    case Verdict::absent:
      return "absent";
    case Verdict::undecided:
      break;
  }
  return "undecided";
}

awaitable<Result<EngineAnswers>> ask_engine(prometheus::PrometheusClient& store, std::int64_t now_ms,
                                            const CallContext& context) {
  const std::int64_t at_ms = now_ms - now_ms % kMinuteMs;
  EngineAnswers answers;
  auto quantiles = co_await ask(store, quantiles_question(at_ms), context);
  if (!quantiles) co_return fail(std::move(quantiles.error()));
  if (*quantiles) answers.repair = repair_by_quantiles(**quantiles);
  auto rates = co_await ask(store, rates_question(at_ms), context);
  if (!rates) co_return fail(std::move(rates.error()));
  if (*rates) answers.variants = narrowed(answers.variants, variants_by_rates(**rates, at_ms));
  auto sums = co_await ask(store, sums_question(at_ms), context);
  if (!sums) co_return fail(std::move(sums.error()));
  if (*sums) answers.variants = narrowed(answers.variants, variants_by_sums(**sums));
  co_return answers;
}

awaitable<Result<ComparisonOutcome>> compare_with_store(const ComparisonGround& ground,
                                                        const ComparisonSubject& subject, VariantSet by_engine,
                                                        const CallContext& context) {
  ComparisonOutcome judged;
  for (const unsigned attempt : {0U, 1U}) {
    if (attempt > 0) {
      asio::steady_timer pause(co_await asio::this_coro::executor, ground.second_look_after);
      co_await pause.async_wait(asio::use_awaitable);
    }
    Result<ComparisonOutcome> seen = co_await look(ground, subject, by_engine, attempt, context);
    if (!seen) co_return fail(std::move(seen.error()));
    judged = std::move(*seen);
    if (judged.verdict != Verdict::disagreed) break;
  }
  co_return std::move(judged);
}

}  // namespace spm::rates
