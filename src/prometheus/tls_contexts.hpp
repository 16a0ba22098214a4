#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include <spm/base/result.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/telemetry/log.hpp>

namespace spm::prometheus {

/// What new TLS connections are made with.
struct TlsSetup {
  std::shared_ptr<boost::asio::ssl::context> context;  ///< shared by the connections that were made with it
  std::uint64_t generation = 0;                        ///< grows when the files have changed
};

/// The TLS context of a store, built again when its files change. Safe from any thread; looks at three small files on
/// the thread that asks.
class TlsContexts {
 public:
  TlsContexts(StoreTlsOptions options, telemetry::Log& log);

  /// The first building, which must succeed; the error names the setting.
  base::Result<void> load();

  /// The present setup. Files that changed into something unusable leave the old one in force, with a log line.
  TlsSetup current();

 private:
  /// Tells versions of a file apart: a changed one has another time, size or, when replaced, another inode.
  struct Stamp {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    std::int64_t size = -1;
    std::uint64_t inode = 0;

    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  using Stamps = std::array<Stamp, 3>;

  Stamps look() const;
  base::Result<std::shared_ptr<boost::asio::ssl::context>> build() const;

  StoreTlsOptions options_;
  telemetry::Log& log_;
  std::mutex mutex_;
  TlsSetup setup_;
  Stamps stamps_{};
};

}  // namespace spm::prometheus
