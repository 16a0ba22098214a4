#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <spm/promql/parser.hpp>
#include <spm/rates/rate_variant.hpp>

#include "../prometheus/refusing_client.hpp"
#include "chunk_store.hpp"
#include "column_sums.hpp"
#include "engine_questions.hpp"
#include "rate_window.hpp"
#include "recorded_answers.hpp"

namespace spm::rates::test {

/// A store with samples of one metric and an engine: it answers `sum(rate(m[R])) by (..)` and the questions of
/// engine_questions.hpp, and streams chunks. Everything can be made to fail. For tests of one thread.
class EngineStore final : public prometheus::testing::RefusingClient {
 public:
  explicit EngineStore(boost::asio::io_context& io) : chunks(io), engine(prometheus_2_42()) {}

  ChunkStore chunks;  ///< with the series
  RecordedAnswers engine;
  RateVariant variant;
  std::function<void(model::Matrix&)> bend = [](auto&) {};  ///< changes an answer of query_range
  std::function<std::optional<base::Error>()> fault = [] { return std::optional<base::Error>(); };  ///< of queries
  std::function<std::optional<base::Error>()> chunk_fault = [] { return std::optional<base::Error>(); };  ///< of reads
  std::uint64_t ended = 0;  ///< connections, by the store itself
  std::uint64_t ended_connections() const override { return ended; }
  int questions = 0;  ///< by instant queries
  int ranges = 0;
  int reads = 0;
  std::vector<std::string> tokens;  ///< of the instant queries

  boost::asio::awaitable<base::Result<prometheus::InstantAnswer>> query(prometheus::InstantQuery query,
                                                                        const base::CallContext& context) override {
    ++questions;
    tokens.push_back(context.bearer_token);
    if (auto error = fault()) co_return base::fail(std::move(*error));
    const std::int64_t at_ms = query.at_ms.value_or(0);
    if (query.text == rates_question(at_ms).text) co_return as_answer(engine.rates);
    if (query.text == sums_question(at_ms).text) co_return as_answer(engine.sums);
    if (query.text == quantiles_question(at_ms).text) co_return as_answer(engine.quantiles);
    co_return base::fail(base::ErrorKind::query_rejected, "no such question");
  }

  boost::asio::awaitable<base::Result<prometheus::RangeAnswer>> query_range(
      prometheus::RangeQuery query, const base::CallContext& /*context*/) override {
    ++ranges;
    if (auto error = fault()) co_return base::fail(std::move(*error));
    co_return computed(query);
  }

  boost::asio::awaitable<base::Result<void>> read_chunks(prometheus::ChunkRead query,
                                                         std::shared_ptr<prometheus::ByteSink> sink,
                                                         const base::CallContext& context) override {
    ++reads;
    if (auto error = chunk_fault()) co_return base::fail(std::move(*error));
    co_return co_await chunks.read_chunks(std::move(query), std::move(sink), context);
  }

 private:
  prometheus::RangeAnswer computed(const prometheus::RangeQuery& query) const {
    const auto tree = promql::parse(query.text);
    const auto& sum = std::get<promql::Aggregation>((*tree)->node);
    const auto& rate = std::get<promql::Call>(sum.of->node);
    const auto& selector = std::get<promql::Selector>(rate.arguments.at(0)->node);
    RateWindow window(query.grid, selector.range_ms, variant.window_start, variant.extrapolation);
    ColumnSums sums(query.grid, variant.summation, std::vector<Grouping>{sum.grouping->labels}, std::size_t{1} << 24U);
    for (const StoredSeries& series : chunks.series) {
      std::vector<LabelView> labels;
      for (const auto& [name, value] : series.labels) labels.push_back({name, value});
      std::vector<std::int64_t> times;
      std::vector<double> values;
      for (const auto& [time_ms, value] : series.samples) {
        times.push_back(time_ms);
        values.push_back(value);
      }
      static_cast<void>(sums.add(labels, window.compute(times, values)));
    }
    prometheus::RangeAnswer answer;
    answer.matrix = std::move(sums.finish().front());
    bend(answer.matrix);
    return answer;
  }
};

/// Calls of one service: some operations and instances, every 15 s until `end_ms`, at unlike rates. The last series
/// begins late, with its zero point between half a sample distance and a whole one before that.
inline std::vector<StoredSeries> busy_series(std::int64_t end_ms) {
  constexpr int kSeries = 12;
  std::vector<StoredSeries> all;
  for (int i = 0; i < kSeries; ++i) {
    StoredSeries series;
    series.labels = {{"__name__", "calls"},
                     {"instance", "i" + std::to_string(i % 2)},
                     {"operation", "op" + std::to_string(i / 4)},
                     {"service", "shop"},
                     {"status", std::to_string(i)}};
    const bool late = i == kSeries - 1;
    double value = late ? 800 : i * 10;
    for (std::int64_t time_ms = end_ms - (late ? 300'000 : 1'800'000); time_ms <= end_ms; time_ms += 15'000) {
      series.samples.emplace_back(time_ms, value);
      if (late) {
        value += 1000;
      } else if (i % 3 == 0) {
        value += 1e9 / 7;
      } else {
        value += static_cast<double>((time_ms / 1000 * (i + 3)) % 13) / 3;
      }
    }
    all.push_back(std::move(series));
  }
  std::ranges::sort(all, {}, &StoredSeries::labels);
  return all;
}

}  // namespace spm::rates::test
