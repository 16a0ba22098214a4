#include "chunk_rates.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <spm/prometheus/on_strand.hpp>

#include "chunk_rates_piece.hpp"
#include "chunk_rates_pieces.hpp"
#include "column_sums_join.hpp"

namespace spm::rates {
namespace {

namespace asio = boost::asio;

/// Everything that one read holds, for as long as any of its pieces runs.
struct ChunksRead {
  ChunksRead(prometheus::PrometheusClient& client, RateQuery wanted, const ChunkLimits& allowed)
      : store(client),
        query(std::move(wanted)),
        limits(allowed) {}

  prometheus::PrometheusClient& store;
  RateQuery query;
  ChunkLimits limits;
  std::vector<model::TimeGrid> grids;  ///< of the pieces
  std::shared_ptr<const PieceWork> work;
  std::shared_ptr<ReadBudget> budget;
};

/// Ends the group with the first piece that failed.
struct CancelOnFailure {
  template <class Columns>
  asio::cancellation_type operator()(const std::exception_ptr& exception, const Columns& columns) const noexcept {
    return exception || !columns ? asio::cancellation_type::all : asio::cancellation_type::none;
  }
};

std::vector<RatePart> parts_of(const RateQuery& query) {
  std::vector<RatePart> parts;
  for (const auto* wanted : {&query.needed, &query.welcome}) {
    for (const RatePart& part : *wanted) {
      if (std::ranges::find(parts, part) == parts.end()) parts.push_back(part);
    }
  }
  return parts;
}

std::shared_ptr<const ChunksRead> prepared(prometheus::PrometheusClient& store, RateQuery query, RateVariant variant,
                                           const ChunkLimits& limits) {
  auto read = std::make_shared<ChunksRead>(store, std::move(query), limits);
  auto work = std::make_shared<PieceWork>();
  work->parts = parts_of(read->query);
  work->window_ms = read->query.window_ms;
  work->variant = variant;
  work->max_series = limits.max_series;
  read->work = std::move(work);
  read->budget = std::make_shared<ReadBudget>(limits.max_bytes, limits.max_samples);
  if (read->query.grid.points > 0) {
    read->grids = pieces_of(read->query.grid, read->query.window_ms, limits.max_pieces);
  }
  return read;
}

/// A piece's share of the whole's. What its groups take is no more, if the whole's do not.
std::size_t share_of(std::size_t max_cells, std::size_t points, std::size_t of_points) {
  return max_cells / of_points * points + max_cells % of_points * points / of_points;
}

prometheus::ChunkRead chunk_read(const RateQuery& query, const model::TimeGrid& grid) {
  prometheus::ChunkRead read;
  read.from_ms = grid.start_ms - query.window_ms;
  read.to_ms = grid.last_ms();
  read.matchers.push_back({"__name__", promql::MatchOp::equal, query.metric});
  read.matchers.insert(read.matchers.end(), query.matchers.begin(), query.matchers.end());
  return read;
}

asio::awaitable<base::Result<PieceColumns>> read_piece(std::shared_ptr<const ChunksRead> read, std::size_t piece,
                                                       const base::CallContext& context) {
  const model::TimeGrid& grid = read->grids[piece];
  const std::size_t cells = share_of(read->limits.max_cells, grid.points, read->query.grid.points);
  auto reader = std::make_shared<PieceReader>(read->work, grid, cells, read->budget);
  prometheus::ChunkRead wanted = chunk_read(read->query, grid);
  const base::Result<void> done = co_await read->store.read_chunks(std::move(wanted), reader, context);
  if (!done) co_return base::fail(done.error());
  co_return reader->finish();
}

/// What the caller is told when several pieces failed: the first cause, not the cancellations that it made.
base::Error first_failure(std::vector<base::Result<PieceColumns>>& pieces, const std::vector<std::size_t>& order) {
  for (const std::size_t i : order) {
    if (!pieces[i]) return std::move(pieces[i].error());
  }
  return {base::ErrorKind::cancelled, "the caller went away"};
}

std::size_t distinct_series(std::vector<base::Result<PieceColumns>>& pieces) {
  std::vector<std::uint64_t> all = std::move(pieces.front()->series);
  if (pieces.size() == 1) return all.size();
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    all.insert(all.end(), pieces[i]->series.begin(), pieces[i]->series.end());
  }
  std::ranges::sort(all);
  return static_cast<std::size_t>(std::unique(all.begin(), all.end()) - all.begin());
}

base::Result<std::shared_ptr<RateAnswer>> joined(const ChunksRead& read,
                                                 std::vector<base::Result<PieceColumns>> pieces) {
  auto answer = std::make_shared<RateAnswer>();
  answer->report.series = distinct_series(pieces);
  if (answer->report.series > read.limits.max_series) return base::fail(too_many_raw_series(read.limits.max_series));
  std::size_t cells_left = read.limits.max_cells;
  for (std::size_t part = 0; part < read.work->parts.size(); ++part) {
    std::vector<model::Matrix> columns;
    columns.reserve(pieces.size());
    for (base::Result<PieceColumns>& piece : pieces) columns.push_back(std::move(piece->parts[part]));
    if (columns.size() == 1) {
      answer->add(read.work->parts[part], std::move(columns.front()));
      continue;
    }
    auto whole = join_columns(read.query.grid, std::move(columns), cells_left);
    if (!whole) return base::fail(std::move(whole.error()));
    answer->add(read.work->parts[part], std::move(*whole));
  }
  return answer;
}

/// On one strand, which the group of pieces needs. What they decode runs beside it, where the store's client reads.
asio::awaitable<base::Result<std::shared_ptr<RateAnswer>>> read_pieces(std::shared_ptr<const ChunksRead> read,
                                                                       const base::CallContext& context) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  const auto start = [&](std::size_t piece) {
    return asio::co_spawn(strand, read_piece(read, piece, context), asio::deferred);
  };
  std::vector<decltype(start(0))> operations;
  operations.reserve(read->grids.size());
  for (std::size_t piece = 0; piece < read->grids.size(); ++piece) operations.push_back(start(piece));

  auto group = asio::experimental::make_parallel_group(std::move(operations));
  auto [order, exceptions, pieces] = co_await group.async_wait(CancelOnFailure(), asio::use_awaitable);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (exceptions[i]) pieces[i] = base::fail(base::ErrorKind::internal, "a part of a long read failed by a defect");
  }
  if (std::ranges::any_of(pieces, [](const auto& piece) { return !piece; })) {
    co_return base::fail(first_failure(pieces, order));
  }
  co_return joined(*read, std::move(pieces));
}

/// Answers of no points.
std::shared_ptr<RateAnswer> nothing(const ChunksRead& read) {
  auto answer = std::make_shared<RateAnswer>();
  for (const RatePart& part : read.work->parts) {
    model::Matrix none;
    none.grid = read.query.grid;
    answer->add(part, std::move(none));
  }
  return answer;
}

asio::awaitable<base::Result<std::shared_ptr<RateAnswer>>> columns_of(std::shared_ptr<const ChunksRead> read,
                                                                      const base::CallContext& context) {
  if (read->grids.empty()) co_return nothing(*read);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const asio::any_io_executor strand = asio::make_strand(executor);
  auto work = read_pieces(std::move(read), context);
  try {
    co_return co_await prometheus::run_on_strand(strand, std::move(work));
  } catch (const boost::system::system_error&) {
    // Asio's way of refusing to begin what is cancelled already.
  }
  co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
}

/// A service of very many operations has room for its own row, where it has none for a row each.
bool is_too_much_for_what_is_welcome(const ChunksRead& read, const base::Error& error) {
  return error.kind == base::ErrorKind::answer_too_large && !read.query.welcome.empty() && !read.budget->exceeded();
}

class ChunkRates final : public RateSource {
 public:
  ChunkRates(prometheus::PrometheusClient& store, RateVariant variant, const ChunkLimits& limits, BucketRepair repair)
      : store_(store),
        variant_(variant),
        limits_(limits),
        repair_(repair) {}

  bool fills_welcome(const RateQuery& /*query*/, const base::CallContext& /*context*/) const override { return true; }

  asio::awaitable<base::Result<RateAnswerPtr>> read(RateQuery query, const base::CallContext& context) override {
    const auto begin = std::chrono::steady_clock::now();
    const BucketRepair repair = repair_;
    std::shared_ptr<const ChunksRead> read = prepared(store_, std::move(query), variant_, limits_);
    auto columns = columns_of(read, context);
    base::Result<std::shared_ptr<RateAnswer>> answer = co_await std::move(columns);
    if (!answer && read->budget->is_left_to_store()) co_return RateAnswerPtr();
    if (!answer && is_too_much_for_what_is_welcome(*read, answer.error())) {
      RateQuery less = read->query;
      less.welcome.clear();
      read = prepared(read->store, std::move(less), read->work->variant, read->limits);
      auto fewer_columns = columns_of(read, context);
      answer = co_await std::move(fewer_columns);
    }
    if (!answer) co_return base::fail(std::move(answer.error()));
    (*answer)->bucket_repair = repair;
    ReadReport& report = (*answer)->report;
    report.way = ReadWay::chunks;
    report.pieces = read->grids.size();
    report.samples = read->budget->samples();
    report.bytes = read->budget->bytes();
    report.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
    co_return RateAnswerPtr(std::move(*answer));
  }

 private:
  prometheus::PrometheusClient& store_;
  RateVariant variant_;
  ChunkLimits limits_;
  BucketRepair repair_;
};

}  // namespace

std::shared_ptr<RateSource> create_chunk_rates(prometheus::PrometheusClient& store, RateVariant variant,
                                               const ChunkLimits& limits, BucketRepair repair) {
  return std::make_shared<ChunkRates>(store, variant, limits, repair);
}

}  // namespace spm::rates
