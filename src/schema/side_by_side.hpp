#pragma once

#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/base/result.hpp>

namespace spm::schema {

/// Pieces of work whose outcomes are wanted in the order in which they were added.
template <class T>
using Pieces = std::vector<boost::asio::awaitable<base::Result<T>>>;

/// Runs all pieces at the same time on the caller's executor, which is a strand or has one thread; so they take turns
/// and need no locks between each other. Waits for all of them, also when one fails.
template <class T>
boost::asio::awaitable<std::vector<base::Result<T>>> side_by_side(Pieces<T> pieces) {
  namespace asio = boost::asio;
  std::vector<base::Result<T>> outcomes;
  if (pieces.size() < 2) {
    for (auto& piece : pieces) {
      base::Result<T> outcome = co_await std::move(piece);
      outcomes.push_back(std::move(outcome));
    }
    co_return outcomes;
  }
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto begin = [&](asio::awaitable<base::Result<T>> piece) {
    return asio::co_spawn(executor, std::move(piece), asio::deferred);
  };
  std::vector<decltype(begin(std::move(pieces.front())))> operations;
  operations.reserve(pieces.size());
  for (auto& piece : pieces) operations.push_back(begin(std::move(piece)));

  auto group = asio::experimental::make_parallel_group(std::move(operations));
  auto [order, exceptions, answers] =
      co_await group.async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
  outcomes.reserve(answers.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    // Asio's way of ending what was cancelled.
    if (exceptions[i]) answers[i] = base::fail(base::ErrorKind::cancelled, "the caller went away");
    outcomes.push_back(std::move(answers[i]));
  }
  co_return outcomes;
}

/// The first failure, where only success or failure matters.
inline boost::asio::awaitable<base::Result<void>> all_done(Pieces<void> pieces) {
  std::vector<base::Result<void>> outcomes = co_await side_by_side(std::move(pieces));
  for (base::Result<void>& outcome : outcomes) {
    if (!outcome) co_return base::fail(std::move(outcome.error()));
  }
  co_return base::Result<void>();
}

}  // namespace spm::schema
