#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/base/clock.hpp>
#include <spm/rates/rate_source.hpp>

namespace spm::cache::test {

/// The proxy's two clocks and the store's. Only a test moves them.
class TestClocks final : public base::WallClock {
 public:
  std::int64_t true_ms = 1'795'000'020'000;  ///< the store's; a whole minute
  std::int64_t wall_error_ms = 0;            ///< of the proxy's wall clock

  std::int64_t now_ms() const noexcept override { return true_ms + wall_error_ms; }
  std::chrono::steady_clock::time_point monotonic() const {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(true_ms));
  }
  void pass(std::chrono::milliseconds time) { true_ms += time.count(); }
};

/// A group of a store: its points appear some time after their own time, may be wrong at first, and may be missing.
struct SyntheticGroup {
  std::string name;
  std::int64_t from_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t to_ms = std::numeric_limits<std::int64_t>::max();
  bool failed = false;  ///< passes a filter
  /// When the point of a time arrives; nullopt: never.
  std::function<std::optional<std::int64_t>(std::int64_t)> arrives = [](std::int64_t time_ms) { return time_ms; };
  /// Until when its value is another one.
  std::function<std::int64_t(std::int64_t)> wrong_until = [](std::int64_t time_ms) { return time_ms; };
};

/// What it answers is a pure function of its groups and of the time; with it a cache can be held against the truth.
class SyntheticStore final : public rates::RateSource {
 public:
  explicit SyntheticStore(const TestClocks& clocks) : clocks_(clocks) {}

  std::vector<SyntheticGroup> groups;
  std::int64_t keeps_from_ms = std::numeric_limits<std::int64_t>::min();
  std::uint64_t era = 1;
  rates::BucketRepair repair = rates::BucketRepair::raise;
  bool fills_all = true;
  std::vector<std::string> warnings;
  bool has_columns = true;                  ///< else the answer is null
  std::optional<base::ErrorKind> fails_by;  ///< the next reads
  std::function<void()> before_answer;
  double last_bits = 1.0;  ///< all values are multiplied by it
  bool hangs = false;      ///< reads end only when they are cancelled

  std::vector<rates::RateQuery> reads;

  bool fills_welcome(const rates::RateQuery& /*query*/, const base::CallContext& /*context*/) const override {
    return fills_all;
  }

  boost::asio::awaitable<base::Result<rates::RateAnswerPtr>> read(rates::RateQuery query,
                                                                  const base::CallContext& /*context*/) override {
    reads.push_back(query);
    if (hangs) {
      boost::asio::steady_timer never(co_await boost::asio::this_coro::executor,
                                      boost::asio::steady_timer::time_point::max());
      const auto [stopped] = co_await never.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      static_cast<void>(stopped);
      co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
    }
    // The answer is made when it has been waited for.
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
    if (before_answer) before_answer();
    if (fails_by) co_return base::fail(*fails_by, "the test wants it so");
    if (!has_columns) co_return rates::RateAnswerPtr();
    co_return answer(query);
  }

  rates::RateAnswerPtr answer(const rates::RateQuery& query) const {
    auto made = std::make_shared<rates::RateAnswer>();
    made->era = era;
    made->bucket_repair = repair;
    made->warnings = warnings;
    for (const rates::RatePart& part : query.needed) made->add(part, columns(part, query.grid));
    if (!fills_all) return made;
    for (const rates::RatePart& part : query.welcome) made->add(part, columns(part, query.grid));
    return made;
  }

  model::Matrix columns(const rates::RatePart& part, const model::TimeGrid& grid) const {
    model::Matrix matrix;
    matrix.grid = grid;
    for (const SyntheticGroup& group : groups) {
      if (part.only && !group.failed) continue;
      model::Series series{{}, model::Column(grid.points)};
      for (const std::string& label : part.by) series.labels.push_back({label, group.name});
      for (std::size_t i = 0; i < grid.points; ++i) {
        if (const auto value = point(group, part, grid.at(i))) series.column.set(i, *value);
      }
      if (!series.column.none()) matrix.series.push_back(std::move(series));
    }
    return matrix;
  }

 private:
  std::optional<double> point(const SyntheticGroup& group, const rates::RatePart& part, std::int64_t time_ms) const {
    const std::int64_t now = clocks_.true_ms;
    if (time_ms > now || time_ms < keeps_from_ms || time_ms < group.from_ms || time_ms >= group.to_ms) {
      return std::nullopt;
    }
    const std::optional<std::int64_t> arrival = group.arrives(time_ms);
    if (!arrival || *arrival > now) return std::nullopt;
    std::uint64_t mixed = era * 31 + part.by.size() + (group.wrong_until(time_ms) > now ? 7 : 0);
    for (const char letter : group.name) mixed = mixed * 131 + static_cast<unsigned char>(letter);
    mixed = (mixed + static_cast<std::uint64_t>(time_ms)) * 0x9E3779B97F4A7C15U;
    mixed ^= mixed >> 29U;
    switch (mixed % 50) {
      case 0:
        return std::numeric_limits<double>::quiet_NaN();
      case 1:
        return -0.0;
      case 2:
        return 0.0;
      default:
        return static_cast<double>(mixed >> 12U) / 1e6 * last_bits;
    }
  }

  const TestClocks& clocks_;
};

}  // namespace spm::cache::test
