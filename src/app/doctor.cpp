#include "doctor.hpp"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <spm/base/clock.hpp>
#include <spm/diagnosis/render.hpp>

#include "module_options.hpp"
#include "room.hpp"

namespace spm::app {
namespace {

/// The comparison first: the report says how rates are read.
boost::asio::awaitable<base::Result<diagnosis::Report>> examine(Room& room, const base::CallContext& context) {
  co_await room.rates().compare();
  co_return co_await room.diagnosis().examine(context);
}

}  // namespace

base::Result<DoctorsWord> examine_store(const config::Settings& settings) {
  if (settings.store.storage == config::MetricsStorage::none) {
    return base::fail(base::ErrorKind::invalid_argument,
                      "--metrics-storage.type: none means that there is no store to examine: write prometheus");
  }
  telemetry::LogOptions log_settings = log_options(settings);
  log_settings.level = base::Severity::error;  // the report says the rest
  auto log = telemetry::Log::open(log_settings);
  if (!log) return base::fail(std::move(log.error()));

  boost::asio::io_context io(1);
  const base::SystemWallClock clock;
  telemetry::Metrics metrics;
  sharing::Workers workers(1);
  auto room = Room::build(settings, Room::Ground{io.get_executor(), 1, workers, clock, metrics, **log});
  if (!room) return base::fail(std::move(room.error()));

  const base::CallContext context(base::Deadline::after(settings.query.timeout));
  base::Result<diagnosis::Report> report = base::fail(base::ErrorKind::internal, "the examination gave no report");
  auto work = examine(**room, context);
  boost::asio::co_spawn(boost::asio::make_strand(io), std::move(work),
                        [&](const std::exception_ptr& failure, base::Result<diagnosis::Report> result) {
                          if (!failure) report = std::move(result);
                        });
  io.run();  // to the end of everything: what still ran when the room is gone would find nothing to stand on
  if (!report) return base::fail(std::move(report.error()));
  return DoctorsWord{report->healthy(), diagnosis::to_text(*report)};
}

}  // namespace spm::app
