#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/rates/rate_source.hpp>

namespace spm::rates::testing {

inline RateAnswerPtr answer_with(const std::vector<RatePart>& parts) {
  auto answer = std::make_shared<RateAnswer>();
  for (const RatePart& part : parts) answer->add(part, model::Matrix());
  return answer;
}

/// Every read waits until the test answers it, or until it is cancelled. For tests of one thread.
class ScriptedSource final : public RateSource {
 public:
  struct Read {
    explicit Read(RateQuery asked, const base::CallContext& with) : query(std::move(asked)), context(with) {}

    RateQuery query;
    base::CallContext context;  ///< as it was at the beginning
    std::shared_ptr<boost::asio::steady_timer> timer;
    std::optional<base::Result<RateAnswerPtr>> outcome;
    bool cancelled = false;
  };

  std::vector<std::shared_ptr<Read>> reads;
  bool fills_all = true;
  bool ends_slowly = false;  ///< a cancelled read ends only with let_end()

  bool fills_welcome(const RateQuery& /*query*/, const base::CallContext& /*context*/) const override {
    return fills_all;
  }

  boost::asio::awaitable<base::Result<RateAnswerPtr>> read(RateQuery query, const base::CallContext& context) override {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    auto read = std::make_shared<Read>(std::move(query), context);
    read->timer = std::make_shared<boost::asio::steady_timer>(co_await boost::asio::this_coro::executor,
                                                              boost::asio::steady_timer::time_point::max());
    reads.push_back(read);
    const auto [stopped] = co_await read->timer->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    static_cast<void>(stopped);
    read->cancelled = !read->outcome;
    if (read->cancelled && ends_slowly) {
      const auto [let_go] = co_await read->timer->async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      static_cast<void>(let_go);
    }
    const auto timer = std::exchange(read->timer, nullptr);
    if (read->outcome) co_return *read->outcome;
    co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
  }

  void answer(std::size_t index, base::Result<RateAnswerPtr> outcome) {
    const std::shared_ptr<Read> read = reads.at(index);
    read->outcome = std::move(outcome);
    if (read->timer) read->timer->cancel();
  }
  void let_end(std::size_t index) { reads.at(index)->timer->cancel(); }
  /// With what was needed and what was welcome.
  void answer_fully(std::size_t index) {
    std::vector<RatePart> parts = reads.at(index)->query.needed;
    const std::vector<RatePart>& more = reads.at(index)->query.welcome;
    parts.insert(parts.end(), more.begin(), more.end());
    answer(index, answer_with(parts));
  }
};

}  // namespace spm::rates::testing
