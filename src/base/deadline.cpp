#include <algorithm>

#include <spm/base/deadline.hpp>

namespace spm::base {

Deadline Deadline::after(Clock::duration delay) noexcept { return Deadline(Clock::now() + delay); }

std::chrono::milliseconds Deadline::left() const noexcept {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(at_ - Clock::now());
  return std::max(left, std::chrono::milliseconds{0});
}

}  // namespace spm::base
