#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <spm/prometheus/piecewise_query.hpp>

#include "on_strand.hpp"

namespace spm::prometheus {

namespace asio = boost::asio;

namespace {

/// Ends the group with the first piece that failed.
struct CancelOnFailure {
  template <class Answer>
  asio::cancellation_type operator()(const std::exception_ptr& exception, const Answer& answer) const noexcept {
    return exception || !answer ? asio::cancellation_type::all : asio::cancellation_type::none;
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
    return base::fail(base::ErrorKind::answer_too_large,
                      "the answer has more than " + std::to_string(max_series) + " series; ask for fewer services");
  }
  return whole;
}

/// What the caller is told when several pieces failed: the first cause, not the cancellations that it made.
base::Error first_failure(std::vector<base::Result<RangeAnswer>>& answers, const std::vector<std::size_t>& order) {
  base::Error error(base::ErrorKind::cancelled, "the caller went away");
  for (const std::size_t i : order) {
    if (!answers[i]) return std::move(answers[i].error());
  }
  return error;
}

asio::awaitable<base::Result<RangeAnswer>> fetch_pieces(PrometheusClient& client, RangeQuery query,
                                                        const base::CallContext& context, std::size_t max_series) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  const std::vector<model::TimeGrid> grids = split_grid(query.grid, kMaxPointsPerQuery);

  const auto start = [&](const model::TimeGrid& grid) {
    return asio::co_spawn(strand, client.query_range(RangeQuery(query.text, grid), context), asio::deferred);
  };
  std::vector<decltype(start(query.grid))> operations;
  operations.reserve(grids.size());
  for (const model::TimeGrid& grid : grids) operations.push_back(start(grid));

  auto group = asio::experimental::make_parallel_group(std::move(operations));
  auto [order, exceptions, answers] = co_await group.async_wait(CancelOnFailure(), asio::use_awaitable);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (exceptions[i]) answers[i] = base::fail(base::ErrorKind::internal, "a part of a long query failed by a defect");
  }
  if (std::ranges::any_of(answers, [](const auto& answer) { return !answer; })) {
    co_return base::fail(first_failure(answers, order));
  }
  std::vector<RangeAnswer> whole;
  for (auto& answer : answers) whole.push_back(std::move(*answer));
  co_return join(std::move(whole), max_series);
}

}  // namespace

std::vector<model::TimeGrid> split_grid(const model::TimeGrid& grid, std::size_t max_points) {
  std::vector<model::TimeGrid> pieces;
  const std::size_t count = (grid.points + max_points - 1) / max_points;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = grid.points * (i + 1) / count;
    pieces.push_back(model::TimeGrid{grid.at(begin), grid.step_ms, end - begin});
    begin = end;
  }
  return pieces;
}

asio::awaitable<base::Result<RangeAnswer>> query_whole_range(PrometheusClient& client, RangeQuery query,
                                                             const base::CallContext& context, std::size_t max_series) {
  if (query.grid.points <= kMaxPointsPerQuery) {
    co_return co_await client.query_range(std::move(query), context);
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const asio::any_io_executor strand = asio::make_strand(executor);
  auto work = fetch_pieces(client, std::move(query), context, max_series);
  try {
    co_return co_await run_on_strand(strand, std::move(work));
  } catch (const boost::system::system_error&) {
    // Asio's way of refusing to begin what is cancelled already.
  }
  co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
}

}  // namespace spm::prometheus
