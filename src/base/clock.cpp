#include <chrono>

#include <spm/base/clock.hpp>

namespace spm::base {

std::int64_t SystemWallClock::now_ms() const noexcept {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace spm::base
