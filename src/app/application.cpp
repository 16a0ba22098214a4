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
#include <spm/prometheus/http_client.hpp>
#include <spm/promql/templates.hpp>
#include <spm/service/promql_metrics_service.hpp>

#include "module_options.hpp"
#include "readiness_probe.hpp"

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

}  // namespace

class Application::Impl {
 public:
  explicit Impl(const config::Settings& settings)
      : settings_(settings),
        io_(static_cast<int>(thread_count(settings))),
        work_(io_.get_executor()) {}

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
  base::SystemWallClock clock_;
  std::unique_ptr<telemetry::Log> log_;
  telemetry::Metrics metrics_;

  // The room: store, names, templates, and the service that asks them. Absent when no store is configured.
  std::unique_ptr<prometheus::PrometheusClient> store_;
  std::unique_ptr<schema::NamesSource> names_;
  std::optional<promql::TemplateSet> templates_;
  std::unique_ptr<service::MetricsService> service_;

  std::optional<ReadinessProbe> readiness_;

  // The doors.
  std::optional<http::JaegerApi> jaeger_api_;
  std::optional<http::AdminApi> admin_api_;
  std::unique_ptr<http::HttpServer> http_server_;
  std::unique_ptr<http::HttpServer> admin_server_;
  std::unique_ptr<grpc::GrpcServer> grpc_server_;

  // What run() starts and stop() ends.
  asio::strand<asio::io_context::executor_type> probe_strand_{io_.get_executor()};
  asio::cancellation_signal stop_probe_;  ///< emitted on probe_strand_
  std::vector<std::thread> threads_;
};

Result<void> Application::Impl::build(const std::vector<std::string>& warnings) {
  if (auto built = build_room(); !built) return built;
  for (const std::string& warning : warnings) log_->warning(warning);
  readiness_.emplace(store_.get(), metrics_, *log_);
  return build_doors();
}

Result<void> Application::Impl::build_room() {
  auto log = telemetry::Log::open(log_options(settings_));
  if (!log) return fail(std::move(log.error()));
  log_ = std::move(*log);
  if (settings_.store.storage == config::MetricsStorage::none) return {};

  auto options = store_options(settings_);
  if (!options) return fail(std::move(options.error()));
  const std::size_t max_series = options->max_series;
  auto store = prometheus::create_http_prometheus_client(std::move(*options), io_.get_executor(), metrics_, *log_);
  if (!store) return fail(std::move(store.error()));
  store_ = std::move(*store);

  if (settings_.templates_dir.empty()) {
    templates_ = promql::TemplateSet::built_in();
  } else {
    auto templates = promql::TemplateSet::load(settings_.templates_dir);
    if (!templates) return fail(std::move(templates.error()));
    templates_ = std::move(*templates);
  }

  names_ = schema::create_configured_names(schema::names_from_settings(naming_options(settings_)));
  service_ = service::create_promql_metrics_service(*names_, *templates_, *store_, metrics_, *log_, max_series);
  return {};
}

Result<void> Application::Impl::build_doors() {
  jaeger_api_.emplace(jaeger_api_options(settings_), service_.get(), *readiness_, clock_);
  admin_api_.emplace(*readiness_, metrics_);

  auto http_server = http::HttpServer::create(io_.get_executor(), http_server_options(settings_), *jaeger_api_, clock_,
                                              metrics_, *log_);
  if (!http_server) return fail(at_setting("--http.host-port", std::move(http_server.error())));
  http_server_ = std::move(*http_server);

  auto admin_server = http::HttpServer::create(io_.get_executor(), admin_server_options(settings_), *admin_api_, clock_,
                                               metrics_, *log_);
  if (!admin_server) return fail(at_setting("--admin.host-port", std::move(admin_server.error())));
  admin_server_ = std::move(*admin_server);

  const grpc::GrpcSurroundings surroundings{service_.get(), clock_, metrics_, *log_};
  auto grpc_server = grpc::GrpcServer::create(grpc_server_options(settings_), surroundings, io_.get_executor());
  if (!grpc_server) return fail(at_setting("--grpc.host-port", std::move(grpc_server.error())));
  grpc_server_ = std::move(*grpc_server);
  return {};
}

void Application::Impl::start() {
  for (std::size_t i = 0; i < thread_count(settings_); ++i) threads_.emplace_back([this] { io_.run(); });

  readiness_->on_change([this](bool ready) { grpc_server_->set_serving(ready); });
  asio::co_spawn(probe_strand_, readiness_->run(),
                 asio::bind_cancellation_slot(stop_probe_.slot(), [](const std::exception_ptr&) {}));
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
  asio::post(probe_strand_, [this] { stop_probe_.emit(asio::cancellation_type::all); });
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
