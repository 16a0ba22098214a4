#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>

namespace spm::service {

/// Which labels some series have now: looked up at the store for keys that discovery does not know, because labels may
/// be newer than it. The same question is asked at most every 30 s for one caller; what it brought is kept so long.
/// Safe from any thread.
class LabelFinder {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LabelFinder(prometheus::PrometheusClient& store) : store_(store) {}

  /// `keys`: what the labels are wanted for. `context` must outlive the call.
  boost::asio::awaitable<base::Result<std::vector<std::string>>> labels(prometheus::Listing of,
                                                                        std::vector<std::string> keys,
                                                                        const base::CallContext& context,
                                                                        Clock::time_point now);

 private:
  struct Found {
    std::string question;
    Clock::time_point at;
    std::vector<std::string> labels;
  };

  std::optional<std::vector<std::string>> kept(std::string_view question, Clock::time_point now);
  void keep(std::string question, Clock::time_point now, const std::vector<std::string>& labels);

  prometheus::PrometheusClient& store_;
  std::mutex mutex_;
  std::list<Found> found_;  ///< newest first, at most 256
};

}  // namespace spm::service
