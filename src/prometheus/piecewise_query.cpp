#include <algorithm>
#include <deque>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <spm/prometheus/on_strand.hpp>
#include <spm/prometheus/piecewise_query.hpp>
#include <spm/prometheus/store_options.hpp>

#include "stores_limit.hpp"

namespace spm::prometheus {

namespace asio = boost::asio;

namespace {

/// Requests that one query may take once the store has refused a piece of it.
constexpr std::size_t kMostRequestsWhenHalving = 64;

std::vector<model::TimeGrid> equal_parts(const model::TimeGrid& grid, std::size_t count) {
  std::vector<model::TimeGrid> parts;
  parts.reserve(count);
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = grid.points * (i + 1) / count;
    parts.push_back(model::TimeGrid{grid.at(begin), grid.step_ms, end - begin});
    begin = end;
  }
  return parts;
}

std::size_t pieces_needed(const model::TimeGrid& grid, std::size_t max_points) {
  return grid.points / max_points + (grid.points % max_points == 0 ? 0 : 1);
}

base::Error cancelled() { return base::Error(base::ErrorKind::cancelled, "the caller went away"); }

/// Ends the group with the first piece that failed for good.
struct CancelOnFailure {
  template <class Answer>
  asio::cancellation_type operator()(const std::exception_ptr& exception, const Answer& answer) const {
    const bool ends_all = exception || (!answer && !is_over_the_stores_limit(answer.error()));
    return ends_all ? asio::cancellation_type::all : asio::cancellation_type::none;
  }
};

void add_warnings(std::vector<std::string>& all, std::vector<std::string>& more) {
  for (std::string& text : more) {
    if (std::ranges::find(all, text) == all.end()) all.push_back(std::move(text));
  }
}

/// Whether the pieces lie on one grid, as join_pieces() needs them. A piece without series fits everywhere.
bool fit_together(const std::vector<model::Matrix>& pieces) {
  const model::Matrix* first = nullptr;
  for (const model::Matrix& piece : pieces) {
    if (piece.series.empty()) continue;
    if (first == nullptr) first = &piece;
    if ((piece.grid.start_ms - first->grid.start_ms) % first->grid.step_ms != 0) return false;
  }
  return true;
}

base::Result<RangeAnswer> join(std::vector<RangeAnswer> answers, std::size_t max_series) {
  RangeAnswer whole;
  std::vector<model::Matrix> pieces;
  pieces.reserve(answers.size());
  for (RangeAnswer& answer : answers) {
    add_warnings(whole.warnings, answer.warnings);
    pieces.push_back(std::move(answer.matrix));
  }
  if (!fit_together(pieces)) {
    return base::fail(base::ErrorKind::store_misbehaved,
                      "the metrics store moved the parts of one long query to different times");
  }
  whole.matrix = model::join_pieces(std::move(pieces));
  if (whole.matrix.series.size() > max_series) {
    return base::fail(base::ErrorKind::answer_too_large, "the answer has more than " + std::to_string(max_series) +
                                                             " series; ask for fewer services, or raise " +
                                                             std::string(kMaxSeriesSetting));
  }
  return whole;
}

/// One reading of several ranges. Lives in the coroutine that runs it, on a strand of its own.
class PiecewiseRead {
 public:
  PiecewiseRead(PrometheusClient& client, std::vector<RangeQuery> queries, const base::CallContext& context,
                const PieceOptions& options)
      : client_(client),
        context_(context),
        max_series_(options.max_series),
        queries_(std::move(queries)),
        refused_points_(queries_.size(), std::numeric_limits<std::size_t>::max()),
        answered_(queries_.size()) {
    for (std::size_t i = 0; i < queries_.size(); ++i) {
      const model::TimeGrid& grid = queries_[i].grid;
      const std::size_t wanted = std::max(options.pieces, pieces_needed(grid, kMaxPointsPerQuery));
      const std::size_t count = std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(grid.points, 1));
      for (const model::TimeGrid& part : equal_parts(grid, count)) waiting_.push_back(Piece{i, part});
    }
    // Halves are asked side by side even where the whole was one.
    side_by_side_ = std::max(waiting_.size(), 2 * queries_.size());
  }

  asio::awaitable<base::Result<WholeRanges>> run() {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!waiting_.empty()) {
      const std::vector<Piece> batch = next_batch();
      if (refusal_ && requests_ + batch.size() + waiting_.size() > kMostRequestsWhenHalving * queries_.size()) {
        co_return base::fail(std::move(*refusal_));
      }
      base::Result<void> taken = co_await ask(batch);
      const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return base::fail(cancelled());
      if (!taken) co_return base::fail(std::move(taken.error()));
    }
    co_return joined();
  }

 private:
  struct Piece {
    std::size_t query = 0;
    model::TimeGrid grid;
  };
  struct Answered {
    std::int64_t start_ms = 0;  ///< as asked
    RangeAnswer answer;
  };

  /// The pieces to ask next. What is as long as one that was refused is halved without asking.
  std::vector<Piece> next_batch() {
    std::vector<Piece> batch;
    while (!waiting_.empty() && batch.size() < side_by_side_) {
      const Piece piece = waiting_.front();
      waiting_.pop_front();
      if (piece.grid.points >= refused_points_[piece.query]) {
        put_halves(piece);
      } else {
        batch.push_back(piece);
      }
    }
    return batch;
  }

  void put_halves(const Piece& piece) {
    const std::vector<model::TimeGrid> halves = equal_parts(piece.grid, 2);
    waiting_.push_front(Piece{piece.query, halves[1]});
    waiting_.push_front(Piece{piece.query, halves[0]});
  }

  asio::awaitable<base::Result<void>> ask(const std::vector<Piece>& batch) {
    const asio::any_io_executor strand = co_await asio::this_coro::executor;
    const auto start = [&](const Piece& piece) {
      return asio::co_spawn(strand, client_.query_range(RangeQuery(queries_[piece.query].text, piece.grid), context_),
                            asio::deferred);
    };
    std::vector<decltype(start(batch.front()))> operations;
    operations.reserve(batch.size());
    for (const Piece& piece : batch) operations.push_back(start(piece));
    requests_ += batch.size();

    auto group = asio::experimental::make_parallel_group(std::move(operations));
    auto [order, exceptions, answers] = co_await group.async_wait(CancelOnFailure(), asio::use_awaitable);
    // In the order in which they ended: the first failure is the cause, those after it may be its consequence.
    for (const std::size_t i : order) {
      if (exceptions[i]) {
        co_return base::fail(base::ErrorKind::internal, "a part of a long query failed by a defect");
      }
      base::Result<void> taken = take(batch[i], std::move(answers[i]));
      if (!taken) co_return base::fail(std::move(taken.error()));
    }
    co_return base::Result<void>();
  }

  base::Result<void> take(const Piece& piece, base::Result<RangeAnswer> answer) {
    if (answer) {
      answered_[piece.query].push_back(Answered{piece.grid.start_ms, std::move(*answer)});
      return {};
    }
    if (piece.grid.points < 2 || !is_over_the_stores_limit(answer.error()))
      return base::fail(std::move(answer.error()));
    refused_points_[piece.query] = std::min(refused_points_[piece.query], piece.grid.points);
    refusal_ = std::move(answer.error());
    put_halves(piece);
    return {};
  }

  base::Result<WholeRanges> joined() {
    WholeRanges whole;
    whole.requests = requests_;
    for (std::vector<Answered>& parts : answered_) {
      std::ranges::sort(parts, {}, &Answered::start_ms);
      std::vector<RangeAnswer> answers;
      answers.reserve(parts.size());
      for (Answered& part : parts) answers.push_back(std::move(part.answer));
      base::Result<RangeAnswer> one = join(std::move(answers), max_series_);
      if (!one) return base::fail(std::move(one.error()));
      whole.answers.push_back(std::move(*one));
    }
    return whole;
  }

  PrometheusClient& client_;
  const base::CallContext& context_;
  const std::size_t max_series_;
  const std::vector<RangeQuery> queries_;
  std::vector<std::size_t> refused_points_;  ///< by query: the shortest piece that was too much
  std::vector<std::vector<Answered>> answered_;
  std::deque<Piece> waiting_;
  std::size_t side_by_side_ = 0;
  std::size_t requests_ = 0;
  std::optional<base::Error> refusal_;  ///< the last one for too much data
};

asio::awaitable<base::Result<WholeRanges>> read_in_pieces(PrometheusClient& client, std::vector<RangeQuery> queries,
                                                          const base::CallContext& context, PieceOptions options) {
  PiecewiseRead read(client, std::move(queries), context, options);
  co_return co_await read.run();
}

}  // namespace

std::vector<model::TimeGrid> split_grid(const model::TimeGrid& grid, std::size_t max_points) {
  return equal_parts(grid, pieces_needed(grid, max_points));
}

asio::awaitable<base::Result<WholeRanges>> query_whole_ranges(PrometheusClient& client, std::vector<RangeQuery> queries,
                                                              const base::CallContext& context, PieceOptions options) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const asio::any_io_executor strand = asio::make_strand(executor);
  auto work = read_in_pieces(client, std::move(queries), context, options);
  try {
    co_return co_await run_on_strand(strand, std::move(work));
  } catch (const boost::system::system_error&) {
    // Asio's way of refusing to begin what is cancelled already.
  }
  co_return base::fail(cancelled());
}

asio::awaitable<base::Result<RangeAnswer>> query_whole_range(PrometheusClient& client, RangeQuery query,
                                                             const base::CallContext& context, std::size_t max_series) {
  std::vector<RangeQuery> queries;
  queries.push_back(std::move(query));
  PieceOptions options;
  options.max_series = max_series;
  base::Result<WholeRanges> whole = co_await query_whole_ranges(client, std::move(queries), context, options);
  if (!whole) co_return base::fail(std::move(whole.error()));
  co_return std::move(whole->answers.front());
}

}  // namespace spm::prometheus
