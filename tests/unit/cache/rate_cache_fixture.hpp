#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/cache/rate_cache.hpp>

#include "matrix_ranges.hpp"
#include "synthetic_store.hpp"

namespace spm::cache::test {

inline constexpr std::int64_t kMinute = 60'000;

inline rates::RatePart by(rates::Grouping labels) { return {std::move(labels), std::nullopt}; }
inline rates::RatePart failed_by(rates::Grouping labels) {
  return {std::move(labels), rates::LabelFilter{"status", {"ERROR"}}};
}
inline base::CallContext patient() { return base::CallContext(base::Deadline::after(std::chrono::seconds{1'000})); }

/// One question under way. Lives as long as its coroutine.
struct Asking {
  explicit Asking(base::CallContext with) : context(std::move(with)) {}

  base::CallContext context;
  boost::asio::cancellation_signal gone;
  std::optional<base::Result<rates::RateAnswerPtr>> outcome;
};

/// A cache over a synthetic store, on one thread. Time stands still unless a test lets it pass.
class RateCacheFixture : public ::testing::Test {
 protected:
  RateCacheFixture() { store_.groups = {{"shop"}, {"cart"}}; }

  void use(std::size_t max_bytes) {
    shelf_ = std::make_unique<Shelf>(max_bytes, metrics_);
    RateCacheOptions options;
    options.monotonic = [this] { return clocks_.monotonic(); };
    cache_ = create_rate_cache(options, {store_, io_.get_executor(), *shelf_, callers_, clocks_, metrics_, *log_});
  }

  /// The window of `points` minutes that ends at the last whole minute.
  rates::RateQuery question(std::size_t points = 60) const {
    rates::RateQuery query;
    query.metric = "calls_total";
    query.matchers = {{"service_name", promql::MatchOp::equal, "shop"}};
    query.window_ms = 10 * kMinute;
    const std::int64_t end = clocks_.true_ms / kMinute * kMinute;
    query.grid = {end - static_cast<std::int64_t>(points - 1) * kMinute, kMinute, points};
    query.needed = {by({"service"})};
    return query;
  }

  std::shared_ptr<Asking> begin(rates::RateQuery query, base::CallContext context = patient()) {
    auto asking = std::make_shared<Asking>(std::move(context));
    boost::asio::co_spawn(
        boost::asio::make_strand(io_), cache_->read(std::move(query), asking->context),
        boost::asio::bind_cancellation_slot(
            asking->gone.slot(), [asking](const std::exception_ptr& problem, base::Result<rates::RateAnswerPtr> got) {
              if (problem) got = base::fail(base::ErrorKind::cancelled, "ended by an exception");
              asking->outcome.emplace(std::move(got));
            }));
    return asking;
  }
  void settle() {
    io_.restart();
    io_.poll();
  }
  base::Result<rates::RateAnswerPtr> outcome(rates::RateQuery query, base::CallContext context = patient()) {
    store_.reads.clear();
    const auto asking = begin(std::move(query), std::move(context));
    settle();
    EXPECT_TRUE(asking->outcome.has_value()) << "still under way";
    return asking->outcome.value_or(base::fail(base::ErrorKind::internal, "still under way"));
  }
  rates::RateAnswerPtr ask(const rates::RateQuery& query, base::CallContext context = patient()) {
    const base::Result<rates::RateAnswerPtr> got = outcome(query, std::move(context));
    EXPECT_TRUE(got.has_value());
    return got ? *got : nullptr;
  }
  /// Asks, and holds the answer against the store's.
  rates::RateAnswerPtr check(const rates::RateQuery& query) {
    const rates::RateAnswerPtr got = ask(query);
    EXPECT_TRUE(is_the_stores(query, got));
    return got;
  }
  bool is_the_stores(const rates::RateQuery& query, const rates::RateAnswerPtr& got) const {
    if (!got) return false;
    const rates::RateAnswerPtr wanted = store_.answer(query);
    bool same = wanted->era == got->era && wanted->bucket_repair == got->bucket_repair;
    for (const rates::RatePart& part : query.needed) {
      const model::Matrix* columns = got->find(part);
      same = same && columns != nullptr && columns->grid == query.grid &&
             columns->series.size() == wanted->find(part)->series.size() &&
             same_points(*wanted->find(part), 0, *columns, 0, query.grid.points);
    }
    return same;
  }
  /// The grids of the reads since the last question began.
  std::vector<std::size_t> points_read() const {
    std::vector<std::size_t> points;
    for (const rates::RateQuery& read : store_.reads) points.push_back(read.grid.points);
    return points;
  }
  bool was_evicted(const std::string& reason, int times) const {
    const std::string line = "cache_evictions_total{reason=\"" + reason + "\"} " + std::to_string(times) + "\n";
    return metrics_.exposition().find(line) != std::string::npos;
  }

  boost::asio::io_context io_;
  TestClocks clocks_;
  SyntheticStore store_{clocks_};
  telemetry::Metrics metrics_;
  std::shared_ptr<std::string> lines_ = std::make_shared<std::string>();
  std::unique_ptr<telemetry::Log> log_ = telemetry::Log::to_memory(lines_);
  sharing::CallerKinds callers_;
  std::unique_ptr<Shelf> shelf_ = std::make_unique<Shelf>(std::size_t{64} << 20U, metrics_);
  std::unique_ptr<rates::RateSource> cache_ = create_rate_cache(
      [this] {
        RateCacheOptions options;
        options.monotonic = [this] { return clocks_.monotonic(); };
        return options;
      }(),
      {store_, io_.get_executor(), *shelf_, callers_, clocks_, metrics_, *log_});
};

}  // namespace spm::cache::test
