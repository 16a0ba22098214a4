#include "promql_rates.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <spm/prometheus/piecewise_query.hpp>

#include "rate_text.hpp"

namespace spm::rates {
namespace {

using base::Result;
using boost::asio::awaitable;
using SteadyClock = std::chrono::steady_clock;

/// Below this a piece spares too little time for what it costs.
constexpr std::size_t kFewestPointsOfAPiece = 200;
/// How many windows long a piece is at least. Each piece makes the store read the window before its first point once
/// more.
constexpr std::int64_t kFewestWindowsOfAPiece = 4;

std::size_t worthwhile_pieces(const RateQuery& query, std::size_t most) {
  const std::size_t by_points = query.grid.points / kFewestPointsOfAPiece;
  const std::int64_t range_ms = query.grid.last_ms() - query.grid.start_ms;
  const auto by_window = static_cast<std::size_t>(range_ms / query.window_ms / kFewestWindowsOfAPiece);
  return std::max<std::size_t>(1, std::min({most, by_points, by_window}));
}

/// Brings the columns onto the grid that was asked for; false where the store moved the times. A joined answer ends
/// with the last piece that has series.
bool put_on_grid(model::Matrix& matrix, const model::TimeGrid& asked) {
  std::erase_if(matrix.series, [](const model::Series& series) { return series.column.none(); });
  if (matrix.series.empty()) matrix.grid = asked;
  if (matrix.grid.start_ms != asked.start_ms || matrix.grid.points > asked.points) return false;
  if (matrix.grid.points == asked.points) return true;
  for (model::Series& series : matrix.series) {
    model::Column whole(asked.points);
    for (std::size_t i = 0; i < series.column.size(); ++i) {
      if (series.column.has(i)) whole.set(i, series.column.value(i));
    }
    series.column = std::move(whole);
  }
  matrix.grid = asked;
  return true;
}

class PromqlRates final : public RateSource {
 public:
  PromqlRates(prometheus::PrometheusClient& store, const PromqlLimits& limits, BucketRepair repair)
      : store_(store),
        limits_(limits),
        repair_(repair) {}

  awaitable<Result<RateAnswerPtr>> read(RateQuery query, const base::CallContext& context) override {
    return read_from(store_, limits_, repair_, std::move(query), context);
  }

 private:
  /// Holds nothing of the object, which may go while the store is at work.
  static awaitable<Result<RateAnswerPtr>> read_from(prometheus::PrometheusClient& store, PromqlLimits limits,
                                                    BucketRepair repair, RateQuery query,
                                                    const base::CallContext& context) {
    const SteadyClock::time_point begun = SteadyClock::now();
    std::ranges::sort(query.needed);
    const auto repeated = std::ranges::unique(query.needed);
    query.needed.erase(repeated.begin(), repeated.end());
    std::vector<prometheus::RangeQuery> queries;
    queries.reserve(query.needed.size());
    for (const RatePart& part : query.needed) queries.emplace_back(rate_text(query, part), query.grid);

    prometheus::PieceOptions options;
    options.pieces = worthwhile_pieces(query, limits.max_pieces);
    options.max_series = limits.max_groups;
    Result<prometheus::WholeRanges> whole =
        co_await prometheus::query_whole_ranges(store, std::move(queries), context, options);
    if (!whole) co_return base::fail(std::move(whole.error()));
    RateAnswerPtr answer = to_answer(std::move(query), std::move(*whole), repair, SteadyClock::now() - begun);
    co_return answer;
  }

  static RateAnswerPtr to_answer(RateQuery query, prometheus::WholeRanges whole, BucketRepair repair,
                                 SteadyClock::duration took) {
    auto answer = std::make_shared<RateAnswer>();
    answer->bucket_repair = repair;
    answer->report.way = ReadWay::promql;
    answer->report.pieces = whole.requests;
    answer->report.took = std::chrono::duration_cast<std::chrono::microseconds>(took);
    for (std::size_t i = 0; i < whole.answers.size(); ++i) {
      prometheus::RangeAnswer& one = whole.answers[i];
      if (!put_on_grid(one.matrix, query.grid)) return nullptr;
      for (const model::Series& series : one.matrix.series) answer->report.samples += series.column.count();
      answer->report.series += one.matrix.series.size();
      for (std::string& warning : one.warnings) {
        if (std::ranges::find(answer->warnings, warning) == answer->warnings.end()) {
          answer->warnings.push_back(std::move(warning));
        }
      }
      answer->add(std::move(query.needed[i]), std::move(one.matrix));
    }
    return answer;
  }

  prometheus::PrometheusClient& store_;
  const PromqlLimits limits_;
  const BucketRepair repair_;
};

}  // namespace

std::shared_ptr<RateSource> create_promql_rates(prometheus::PrometheusClient& store, const PromqlLimits& limits,
                                                BucketRepair repair) {
  return std::make_shared<PromqlRates>(store, limits, repair);
}

}  // namespace spm::rates
