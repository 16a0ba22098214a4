#include "application.hpp"

#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/strand.hpp>

#include <spm/base/build_info.hpp>
#include <spm/base/clock.hpp>
#include <spm/http/admin_api.hpp>
#include <spm/http/catalog_api.hpp>
#include <spm/http/diagnosis_api.hpp>
#include <spm/http/jaeger_api.hpp>

#include "module_options.hpp"
#include "readiness_probe.hpp"
#include "room.hpp"

namespace spm::app {
namespace {

namespace asio = boost::asio;
using base::fail;
using base::Result;

std::size_t thread_count(const config::Settings& settings) {
  if (settings.threads > 0) return settings.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

/// A port that cannot be had, with the flag that chooses another.
base::Error at_setting(std::string_view flag, base::Error error) {
  error.message = std::string(flag) + ": " + error.message;
  return error;
}

/// A coroutine that goes on until it is told to stop.
class Background {
 public:
  explicit Background(asio::io_context& io) : strand_(io.get_executor()) {}
  void start(asio::awaitable<void> work) {
    asio::co_spawn(strand_, std::move(work),
                   asio::bind_cancellation_slot(stop_.slot(), [](const std::exception_ptr&) {}));
  }
  /// From any thread; the work ends soon after.
  void cancel() {
    asio::post(strand_, [this] { stop_.emit(asio::cancellation_type::all); });
  }

 private:
  asio::strand<asio::io_context::executor_type> strand_;
  asio::cancellation_signal stop_;  ///< emitted on strand_
};

}  // namespace

class Application::Impl {
 public:
  explicit Impl(const config::Settings& settings)
      : settings_(settings),
        io_(static_cast<int>(thread_count(settings))),
        work_(io_.get_executor()),
        workers_(thread_count(settings)) {}

  ~Impl() { stop_threads(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> build(const std::vector<std::string>& warnings);
  Result<void> build_room();
  bool run();

 private:
  Result<void> build_doors();
  void start();
  bool stop();
  void stop_threads();

  const config::Settings settings_;

  // In the order of construction; each may use the ones above it and is destroyed before them.
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  sharing::Workers workers_;
  base::SystemWallClock clock_;
  std::unique_ptr<telemetry::Log> log_;
  telemetry::Metrics metrics_;

  std::unique_ptr<Room> room_;  ///< absent when no store is configured

  std::optional<ReadinessProbe> readiness_;

  // The doors.
  std::optional<http::JaegerApi> jaeger_api_;
  std::optional<http::CatalogApi> catalog_api_;
  std::optional<http::DiagnosisApi> diagnosis_api_;
  std::optional<http::PrometheusApi> prometheus_api_;
  std::optional<http::FrontDoor> front_door_;
  std::optional<http::AdminApi> admin_api_;
  std::unique_ptr<http::HttpServer> http_server_;
  std::unique_ptr<http::HttpServer> admin_server_;
  std::unique_ptr<grpc::GrpcServer> grpc_server_;

  // What run() starts and stop() ends.
  Background probing_{io_};
  Background discovering_{io_};
  Background comparing_{io_};
  std::vector<std::thread> threads_;
};

Result<void> Application::Impl::build(const std::vector<std::string>& warnings) {
  if (auto built = build_room(); !built) return built;
  for (const std::string& warning : warnings) log_->warning(warning);
  readiness_.emplace(room_ ? &room_->store() : nullptr, metrics_, *log_);
  return build_doors();
}

Result<void> Application::Impl::build_room() {
  auto log = telemetry::Log::open(log_options(settings_));
  if (!log) return fail(std::move(log.error()));
  log_ = std::move(*log);
  if (settings_.store.storage == config::MetricsStorage::none) return {};

  auto room = Room::build(settings_,
                          Room::Ground{io_.get_executor(), thread_count(settings_), workers_, clock_, metrics_, *log_});
  if (!room) return fail(std::move(room.error()));
  room_ = std::move(*room);
  return {};
}

Result<void> Application::Impl::build_doors() {
  service::MetricsService* service = room_ ? &room_->metrics_service() : nullptr;
  service::Catalog* catalog = room_ ? &room_->catalog() : nullptr;
  jaeger_api_.emplace(service, clock_, settings_.http.upstream_errors_as_500, &workers_);
  catalog_api_.emplace(catalog);
  diagnosis_api_.emplace(room_ ? &room_->diagnosis() : nullptr);
  prometheus_api_.emplace(prometheus_api_options(settings_), service, catalog, room_ ? &room_->forwarder() : nullptr,
                          *readiness_, clock_, &workers_);
  const std::vector<http::Api*> apis = {&*jaeger_api_, &*catalog_api_, &*diagnosis_api_, &*prometheus_api_};
  front_door_.emplace(front_door_options(settings_), apis, *readiness_);
  admin_api_.emplace(*readiness_, metrics_, room_ ? room_->shelf() : nullptr, kept_answers_options(settings_).mode);

  auto http_server = http::HttpServer::create(io_.get_executor(), http_server_options(settings_), *front_door_, clock_,
                                              metrics_, *log_);
  if (!http_server) return fail(at_setting("--http.host-port", std::move(http_server.error())));
  http_server_ = std::move(*http_server);

  auto admin_server = http::HttpServer::create(io_.get_executor(), admin_server_options(settings_), *admin_api_, clock_,
                                               metrics_, *log_);
  if (!admin_server) return fail(at_setting("--admin.host-port", std::move(admin_server.error())));
  admin_server_ = std::move(*admin_server);

  const grpc::GrpcSurroundings surroundings{service, clock_, metrics_, *log_, &workers_};
  auto grpc_server = grpc::GrpcServer::create(grpc_server_options(settings_), surroundings, io_.get_executor());
  if (!grpc_server) return fail(at_setting("--grpc.host-port", std::move(grpc_server.error())));
  grpc_server_ = std::move(*grpc_server);
  return {};
}

void Application::Impl::start() {
  for (std::size_t i = 0; i < thread_count(settings_); ++i) threads_.emplace_back([this] { io_.run(); });

  if (room_) readiness_->tell_also([this] { return "reading rates: " + room_->rates().status().reason; });
  readiness_->on_change([this](bool ready) { grpc_server_->set_serving(ready); });
  probing_.start(readiness_->run());
  if (room_) {
    discovering_.start(room_->names().run());
    comparing_.start(room_->rates().run());
  }
  http_server_->start();
  admin_server_->start();

  log_->info("starting", {{"version", base::version()},
                          {"commit", base::commit()},
                          {"store", settings_.store.storage == config::MetricsStorage::none
                                        ? std::string("none")
                                        : config::redact_url(settings_.store.server_url)},
                          {"threads", static_cast<std::uint64_t>(threads_.size())}});
  const auto listening = [this](std::string_view door, const std::string& address) {
    log_->info("listening", {{"door", door}, {"address", address}, {"tls", false}});
  };
  listening("http", http_server_->local_endpoint());
  listening("grpc", settings_.grpc.listen.host + ":" + std::to_string(grpc_server_->port()));
  listening("admin", admin_server_->local_endpoint());
}

bool Application::Impl::run() {
  // A context of its own: signals are waited for here, on the main thread, which may block while everything drains.
  asio::io_context signals;
  asio::signal_set wanted(signals, SIGINT, SIGTERM);
  int received = 0;
  wanted.async_wait([&](const boost::system::error_code&, int number) { received = number; });
  start();
  signals.run();

  // From here on the default action counts again: a second signal ends the process at once.
  wanted.clear();
  log_->info("stopping", {{"signal", received == SIGINT ? "SIGINT" : "SIGTERM"},
                          {"grace_ms", static_cast<std::int64_t>(settings_.shutdown_grace.count())}});
  return stop();
}

bool Application::Impl::stop() {
  readiness_->begin_shutdown();
  http_server_->stop_accepting();
  grpc_server_->stop_accepting();
  const base::Deadline deadline = base::Deadline::after(settings_.shutdown_grace);
  grpc_server_->shutdown(std::chrono::system_clock::now() + deadline.left());
  const bool finished = http_server_->drain(deadline);
  // Last, so that /readyz says why until the end.
  admin_server_->drain(base::Deadline::after(std::chrono::milliseconds{500}));
  stop_threads();
  log_->info("stopped", {{"all_answered", finished}});
  log_->flush();
  return finished;
}

void Application::Impl::stop_threads() {
  if (threads_.empty()) return;
  probing_.cancel();
  discovering_.cancel();
  comparing_.cancel();
  work_.reset();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Application::Application(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Application::~Application() = default;

Result<std::unique_ptr<Application>> Application::create(const config::Settings& settings,
                                                         const std::vector<std::string>& warnings) {
  auto impl = std::make_unique<Impl>(settings);
  if (auto built = impl->build(warnings); !built) return fail(std::move(built.error()));
  return std::unique_ptr<Application>(new Application(std::move(impl)));
}

Result<void> Application::check(const config::Settings& settings) {
  Impl impl(settings);
  return impl.build_room();
}

bool Application::run() { return impl_->run(); }

}  // namespace spm::app
