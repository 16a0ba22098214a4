#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/base/clock.hpp>
#include <spm/http/readiness.hpp>
#include <spm/service/encodings.hpp>
#include <spm/service/metrics_service.hpp>

namespace spm::http {

/// Runs one coroutine to its end on a context of its own.
template <class T>
T run(boost::asio::awaitable<T> work) {
  boost::asio::io_context context;
  std::optional<T> result;
  boost::asio::co_spawn(context, std::move(work), [&](const std::exception_ptr& failure, T value) {
    if (failure) std::rethrow_exception(failure);
    result.emplace(std::move(value));
  });
  context.run();
  return std::move(result.value());
}

class FixedClock final : public base::WallClock {
 public:
  std::int64_t now_ms() const noexcept override { return 1'795'141'800'000; }
};

class FakeReadiness final : public Readiness {
 public:
  ReadinessReport report() const override { return current; }
  ReadinessReport current{true, "", ""};
};

/// Answers one series for each service asked for, or as told.
class FakeService final : public service::MetricsService {
 public:
  enum class Mode {
    answer,
    fail,
    hang,
    raise
  };

  boost::asio::awaitable<base::Result<service::MetricsAnswer>> answer(model::MetricQuery query,
                                                                      const base::CallContext& context) override {
    ++calls;
    last_query = query;
    last_context = context;
    if (mode == Mode::raise) throw std::runtime_error("a defect with secret words");
    if (mode == Mode::hang) co_await hang();
    if (mode != Mode::answer) co_return base::fail(error);
    service::MetricsAnswer result;
    model::MetricFamily family;
    family.name = "service_call_rate";
    family.help = "calls/sec, grouped by service";
    family.grid = query.grid;
    for (const std::string& name : query.services) {
      model::Series series;
      series.labels = {{"service_name", name}};
      series.column = model::Column(query.grid.points);
      for (std::size_t i = 0; i < query.grid.points; ++i) series.column.set(i, 1.5);
      family.metrics.push_back(std::move(series));
    }
    result.set_family(std::move(family));
    result.notices = notices;
    result.cache = cache;
    result.encodings = encodings;
    co_return result;
  }

  std::atomic<Mode> mode = Mode::answer;
  base::Error error{base::ErrorKind::store_unreachable, "the store is away"};
  std::vector<service::Notice> notices;
  service::CacheResult cache = service::CacheResult::bypass;
  std::shared_ptr<service::Encodings> encodings;
  std::atomic<int> calls = 0;
  std::atomic<int> hanging = 0;
  std::atomic<int> cancelled = 0;
  model::MetricQuery last_query;
  base::CallContext last_context{base::Deadline::after({})};

 private:
  /// Until it is cancelled.
  boost::asio::awaitable<void> hang() {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    timer.expires_at(std::chrono::steady_clock::time_point::max());
    ++hanging;
    const auto [failure] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    --hanging;
    if (failure) ++cancelled;
  }
};

}  // namespace spm::http
