#include "store_health.hpp"

#include <algorithm>
#include <utility>

namespace spm::prometheus {

namespace {

constexpr std::chrono::milliseconds kFirstBackOff{50};

}  // namespace

StoreHealth::StoreHealth(const StoreOptions& options, telemetry::Metrics& metrics, telemetry::Log& log)
    : store_(options.url.text()),
      breaker_failures_(options.breaker_failures),
      metrics_(metrics),
      log_(log),
      breaker_(options.breaker_failures, options.breaker_open_for),
      random_(std::random_device{}()) {}

base::Result<void> StoreHealth::enter() {
  const std::lock_guard lock(mutex_);
  const auto wait = breaker_.enter(Clock::now());
  if (!wait) {
    retry_budget_.earn();
    return {};
  }
  const auto seconds = std::max(std::chrono::ceil<std::chrono::seconds>(*wait), std::chrono::seconds{1});
  base::Error error(base::ErrorKind::store_unreachable,
                    "the metrics store at " + store_ + " is not asked for another " + std::to_string(seconds.count()) +
                        " s, because it failed " + std::to_string(breaker_failures_) +
                        " times in a row: " + breaker_.reason());
  error.retry_after = seconds;
  return base::fail(std::move(error));
}

void StoreHealth::conclude(Verdict verdict, const std::string& why) {
  const std::lock_guard lock(mutex_);
  const bool was_open = breaker_.open();
  switch (verdict) {
    case Verdict::works:
      breaker_.success();
      break;
    case Verdict::fails:
      breaker_.failure(Clock::now(), why);
      break;
    case Verdict::unknown:
      breaker_.abandoned();
      break;
  }
  if (breaker_.open() == was_open) return;
  metrics_.breaker_open(breaker_.open());
  if (breaker_.open()) {
    log_.error("the metrics store failed several times in a row and gets a pause", {{"reason", why}});
  } else {
    log_.info("the metrics store works again");
  }
}

bool StoreHealth::spend_retry() {
  const std::lock_guard lock(mutex_);
  return retry_budget_.spend();
}

std::chrono::milliseconds StoreHealth::back_off(unsigned attempt) {
  const auto most = kFirstBackOff * (1U << std::min(attempt, 5U)) * 2;
  const std::lock_guard lock(mutex_);
  std::uniform_int_distribution<std::int64_t> spread(most.count() / 4, most.count());
  return std::chrono::milliseconds{spread(random_)};
}

}  // namespace spm::prometheus
