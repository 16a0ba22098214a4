#pragma once

#include <cstddef>
#include <exception>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/awaitable.hpp>

#include <spm/service/encodings.hpp>
#include <spm/sharing/workers.hpp>

namespace spm::service {

/// The value of `work()`: of one of `workers` where `points` are many and there are any, else computed at once. What
/// `work` refers to lives until this returns, as the locals of the calling coroutine do.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> computed(sharing::Workers* workers, std::size_t points, Work work) {
  if (workers == nullptr || points <= kManyPoints) co_return work();
  using Value = std::invoke_result_t<Work&>;
  using Outcome = std::variant<std::exception_ptr, Value>;
  // An exception that left a worker would end the process; here it is one answer's.
  auto guarded = [work = std::move(work)]() mutable noexcept {
    try {
      return Outcome(std::in_place_index<1>, work());
    } catch (...) {
      return Outcome(std::in_place_index<0>, std::current_exception());
    }
  };
  Outcome outcome = co_await workers->run(std::move(guarded));
  if (outcome.index() == 0) std::rethrow_exception(std::get<0>(outcome));
  co_return std::get<1>(std::move(outcome));
}

}  // namespace spm::service
