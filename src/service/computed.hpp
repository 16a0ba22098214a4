#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include <spm/service/encodings.hpp>
#include <spm/sharing/workers.hpp>

namespace spm::service {

/// The value of `work()`: of one of `workers` where `points` are many and there are any, else computed at once. What
/// `work` refers to lives until this returns, as the locals of the calling coroutine do.
template <class Work>
boost::asio::awaitable<std::invoke_result_t<Work&>> computed(sharing::Workers* workers, std::size_t points, Work work) {
  if (workers == nullptr || points <= kManyPoints) co_return work();
  co_return co_await workers->run(std::move(work));
}

}  // namespace spm::service
