#include "readiness_probe.hpp"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace spm::app {
namespace {

namespace asio = boost::asio;
using std::chrono::seconds;

constexpr seconds kProbeTimeout{5};
constexpr seconds kPauseWhenReady{10};
constexpr seconds kPauseWhenNot{1};  // a store that comes back is noticed soon

}  // namespace

ReadinessProbe::ReadinessProbe(prometheus::PrometheusClient* store, telemetry::Metrics& metrics, telemetry::Log& log)
    : store_(store),
      metrics_(metrics),
      log_(log) {
  report_.ready = store_ == nullptr;
  if (store_ != nullptr) report_.reason = "the store has not been asked yet";
}

void ReadinessProbe::on_change(std::function<void(bool ready)> listener) { listener_ = std::move(listener); }

void ReadinessProbe::tell_also(std::function<std::string()> detail) { detail_ = std::move(detail); }

asio::awaitable<void> ReadinessProbe::run() {
  if (store_ == nullptr) {
    if (listener_) listener_(true);
    co_return;
  }
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer pause(executor);
  for (;;) {
    co_await probe_once();
    pause.expires_after(report().ready ? kPauseWhenReady : kPauseWhenNot);
    const auto [error] = co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
  }
}

asio::awaitable<void> ReadinessProbe::probe_once() {
  const base::Deadline deadline = base::Deadline::after(kProbeTimeout);
  const base::Result<void> answered = co_await store_->probe(deadline);
  if (answered) {
    set(true, "");
  } else {
    set(false, answered.error().message);
  }
}

void ReadinessProbe::set(bool ready, std::string reason) {
  {
    const std::lock_guard lock(mutex_);
    if (shutting_down_) return;
    if (report_.ready == ready && report_.reason == reason) return;
    report_.ready = ready;
    report_.reason = reason;
  }
  metrics_.store_ready(ready);
  if (ready) {
    log_.info("ready: the store answers");
  } else {
    log_.warning("not ready", {{"reason", reason}});
  }
  if (listener_) listener_(ready);
}

void ReadinessProbe::begin_shutdown() {
  {
    const std::lock_guard lock(mutex_);
    shutting_down_ = true;
    report_.ready = false;
    report_.reason = "shutting down";
  }
  if (listener_) listener_(false);
}

http::ReadinessReport ReadinessProbe::report() const {
  http::ReadinessReport report;
  {
    const std::lock_guard lock(mutex_);
    report = report_;
  }
  if (detail_) report.detail = detail_();
  return report;
}

}  // namespace spm::app
