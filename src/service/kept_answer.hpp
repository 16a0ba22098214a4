#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <spm/cache/shelf.hpp>
#include <spm/service/encodings.hpp>
#include <spm/service/metrics_service.hpp>

namespace spm::service {

/// A whole answer on the shelf, with what doors make of it.
class KeptAnswer final : public cache::Kept {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Of `answer` all is kept but its encodings, which begin empty. `shelf` outlives all that hold them.
  static std::shared_ptr<KeptAnswer> make(std::string key, std::string caller, std::string about, Time until,
                                          MetricsAnswer answer, cache::Shelf& shelf,
                                          const boost::asio::any_io_executor& io);

  KeptAnswer(std::string key, std::string caller, std::string about, Time until);

  const std::string& key() const noexcept { return key_; }
  /// Given to nobody from then on.
  Time until() const noexcept { return until_; }
  const MetricsAnswer& answer() const noexcept { return answer_; }

  std::size_t bytes() const override;
  std::string about() const override { return "answer: " + about_; }

 private:
  const std::string key_;
  const std::string about_;
  const Time until_;
  MetricsAnswer answer_;             ///< does not change once the answer is on the shelf
  std::size_t bytes_of_answer_ = 0;  ///< without its encodings
};

/// Which answers are over, so that they make room before anybody asks for them. Safe from any thread.
class EndsOfLife {
 public:
  using Time = KeptAnswer::Time;

  void add(const std::shared_ptr<KeptAnswer>& kept);
  /// Those over at `now` that are still somewhere, each once.
  std::vector<std::shared_ptr<KeptAnswer>> over(Time now);

 private:
  /// Beyond this the shelf's own order must do.
  static constexpr std::size_t kMost = 10'000;

  std::mutex mutex_;
  std::multimap<Time, std::weak_ptr<KeptAnswer>> ends_;
};

}  // namespace spm::service
