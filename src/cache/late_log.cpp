#include "late_log.hpp"

#include <utility>

#include <spm/base/go_duration.hpp>

namespace spm::cache {
namespace {

constexpr std::chrono::minutes kPause{5};

}  // namespace

void LateLog::report(std::string_view about, std::chrono::milliseconds overlap, Time now) {
  std::uint64_t unsaid = 0;
  {
    const std::lock_guard lock(mutex_);
    if (said_ && now - *said_ < kPause) {
      ++unsaid_;
      return;
    }
    said_ = now;
    unsaid = std::exchange(unsaid_, 0);
  }
  log_.info("samples reach the store later than --cache.overlap allows for; what was kept is read anew",
            {{"columns", about}, {"overlap_for_an_hour", base::format_go_duration(overlap)}, {"left_unsaid", unsaid}});
}

}  // namespace spm::cache
