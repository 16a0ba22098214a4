#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <spm/base/deadline.hpp>
#include <spm/base/result.hpp>
#include <spm/service/metrics_service.hpp>
#include <spm/sharing/flights.hpp>
#include <spm/sharing/workers.hpp>

namespace spm::service {

using Bytes = std::shared_ptr<const std::string>;

/// Writes an answer in one form. Holds all that it uses, and may run on any thread.
using Encode = std::function<std::string()>;

/// What doors have made of an answer that is kept. Forms are named by the doors ("json", "json gzip"...); one name
/// always means the same bytes. Large ones are shared while they are being sent, and kept only when they are asked for
/// again: most windows are looked at once. Lives at least as long as the answer; safe from any thread.
class Encodings {
 public:
  /// Of one answer; what is more is encoded anew each time.
  static constexpr std::size_t kMostForms = 16;
  /// Larger ones are not kept at once.
  static constexpr std::size_t kLarge = std::size_t{256} << 10U;

  /// `io`: where encoders are waited for. `grown`: called, without a lock, when more is held than before.
  Encodings(const boost::asio::any_io_executor& io, std::function<void()> grown);
  Encodings(const Encodings&) = delete;
  Encodings& operator=(const Encodings&) = delete;
  ~Encodings();

  /// Null: not made yet, or not kept.
  Bytes find(std::string_view form);
  /// What is kept as `form` from now on: `bytes`, or what another was quicker to make.
  Bytes keep(std::string_view form, Bytes bytes);
  /// Of memory.
  std::size_t bytes() const;

 private:
  friend boost::asio::awaitable<base::Result<Bytes>> encoded(const MetricsAnswer&, std::string, Encode,
                                                             sharing::Workers*, base::Deadline);
  using Flights = sharing::Flights<std::string, Bytes>;

  struct Made {
    std::string form;
    Bytes kept;                             ///< null: not kept yet
    std::weak_ptr<const std::string> sent;  ///< by somebody, perhaps
  };

  Made* made(std::string_view form);  ///< mutex_ is held

  const std::shared_ptr<Flights> under_way_;
  const std::function<void()> grown_;
  mutable std::mutex mutex_;
  std::vector<Made> made_;
};

/// An answer, or what is read for one, with more points than this is worth a hop to another thread.
inline constexpr std::size_t kManyPoints = 20'000;

/// `answer` as `form`: as it is kept, or by `encode`. Of a large answer that is kept, many callers at once wait for one
/// encoder. `workers` null: everything is done on the calling thread. `answer` outlives the call.
boost::asio::awaitable<base::Result<Bytes>> encoded(const MetricsAnswer& answer, std::string form, Encode encode,
                                                    sharing::Workers* workers, base::Deadline deadline);

}  // namespace spm::service
