#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spm/prometheus/client.hpp>
#include <spm/prometheus/on_strand.hpp>

#include "../prometheus/refusing_client.hpp"
#include "remote_read_writer.hpp"

namespace spm::rates::test {

struct StoredSeries {
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<std::pair<std::int64_t, double>> samples;
};

/// A series as the wire has it: chunks of up to 120 samples, of which those that touch the range are sent whole.
inline std::string series_message(const StoredSeries& series, std::int64_t from_ms, std::int64_t to_ms,
                                  std::uint64_t encoding = 1) {
  std::string message;
  for (const auto& [name, value] : series.labels) {
    message += bytes_field(1, bytes_field(1, name) + bytes_field(2, value));
  }
  constexpr std::size_t kChunkSamples = 120;
  bool any = false;
  for (std::size_t first = 0; first < series.samples.size(); first += kChunkSamples) {
    const std::size_t end = std::min(series.samples.size(), first + kChunkSamples);
    const std::int64_t min = series.samples[first].first;
    const std::int64_t max = series.samples[end - 1].first;
    if (max < from_ms || min > to_ms) continue;
    XorChunkWriter writer;
    for (std::size_t i = first; i < end; ++i) writer.append(series.samples[i].first, series.samples[i].second);
    message += bytes_field(2, varint_field(1, static_cast<std::uint64_t>(min)) +
                                  varint_field(2, static_cast<std::uint64_t>(max)) + varint_field(3, encoding) +
                                  bytes_field(4, writer.bytes()));
    any = true;
  }
  return any ? message : std::string();
}

/// A store that streams what it holds, each read on a strand of its own, as the real client does.
class ChunkStore final : public prometheus::testing::RefusingClient {
 public:
  explicit ChunkStore(boost::asio::io_context& io) : io_(io) {}

  std::vector<StoredSeries> series;
  std::size_t slice = 1000;
  std::function<std::string(std::string body, const prometheus::ChunkRead&)> spoil = [](std::string body, const auto&) {
    return body;
  };
  std::function<base::Result<void>(const prometheus::ChunkRead&)> outcome = [](const auto&) {
    return base::Result<void>();
  };
  /// Reads that it says yes to wait until they are cancelled.
  std::function<bool(const prometheus::ChunkRead&)> hangs = [](const auto&) { return false; };
  std::function<void()> on_hanging = [] {};
  std::uint64_t encoding = 1;
  std::atomic<int> hanging{0};
  std::atomic<int> cancelled{0};

  boost::asio::awaitable<base::Result<void>> read_chunks(prometheus::ChunkRead query,
                                                         std::shared_ptr<prometheus::ByteSink> sink,
                                                         const base::CallContext& /*context*/) override {
    {
      const std::lock_guard lock(mutex_);
      reads_.push_back(query);
    }
    const boost::asio::any_io_executor strand = boost::asio::make_strand(io_);
    auto work = stream(std::move(query), std::move(sink));
    co_return co_await prometheus::run_on_strand(strand, std::move(work));
  }

  /// In the order of their ranges.
  std::vector<prometheus::ChunkRead> reads() const {
    const std::lock_guard lock(mutex_);
    auto sorted = reads_;
    std::ranges::sort(sorted, {}, &prometheus::ChunkRead::from_ms);
    return sorted;
  }

 private:
  boost::asio::awaitable<base::Result<void>> stream(prometheus::ChunkRead query,
                                                    std::shared_ptr<prometheus::ByteSink> sink) {
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    if (hangs(query)) {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor,
                                      boost::asio::steady_timer::time_point::max());
      ++hanging;
      on_hanging();
      const auto [error] = co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      static_cast<void>(error);
      ++cancelled;
      co_return base::fail(base::ErrorKind::cancelled, "cancelled");
    }
    std::string body;
    for (const StoredSeries& each : series) {
      const std::string message = series_message(each, query.from_ms, query.to_ms, encoding);
      if (!message.empty()) body += frame(bytes_field(1, message));
    }
    body = spoil(std::move(body), query);
    for (std::size_t at = 0; at < body.size(); at += slice) {
      const std::string part = body.substr(at, slice);
      if (auto taken = sink->take(part); !taken) co_return base::fail(std::move(taken.error()));
    }
    co_return outcome(query);
  }

  boost::asio::io_context& io_;
  mutable std::mutex mutex_;
  std::vector<prometheus::ChunkRead> reads_;
};

}  // namespace spm::rates::test
