#pragma once

#include <cstdint>

namespace spm::base {

/// The wall clock, passed in so that tests can stand still. Monotonic times come from std::chrono::steady_clock.
class WallClock {
 public:
  virtual ~WallClock() = default;
  /// Unix time in milliseconds.
  virtual std::int64_t now_ms() const noexcept = 0;
};

/// The machine's clock.
class SystemWallClock final : public WallClock {
 public:
  std::int64_t now_ms() const noexcept override;
};

}  // namespace spm::base
