#include <cerrno>
#include <mutex>
#include <span>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <spm/base/clock.hpp>
#include <spm/base/utf8.hpp>
#include <spm/telemetry/log.hpp>

#include "log_line.hpp"

namespace spm::telemetry {
namespace {

constexpr std::string_view kAccessOff = "off";

/// Appends lines to a string that a test holds as well.
class MemorySink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit MemorySink(std::shared_ptr<std::string> lines) : lines_(std::move(lines)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines_->append(message.payload.data(), message.payload.size());
    lines_->push_back('\n');
  }
  void flush_() override {}

 private:
  std::shared_ptr<std::string> lines_;
};

/// Lines come finished: spdlog only writes them, one at a time.
std::shared_ptr<spdlog::logger> line_writer(std::string name, spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>(std::move(name), std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

/// Whether `path` can be appended to; creates the file. spdlog alone would retry with pauses and hide the reason.
base::Result<void> check_can_append(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return base::fail(base::ErrorKind::invalid_argument, "cannot write the access log to '" + base::printable(path) +
                                                             "': " + std::generic_category().message(errno) +
                                                             "; name a writable file, or 'off'");
  }
  ::close(file);
  return {};
}

}  // namespace

class Log::Impl {
 public:
  Impl(const LogOptions& options, std::shared_ptr<spdlog::logger> main, std::shared_ptr<spdlog::logger> access)
      : level_(options.level),
        format_(options.format),
        main_(std::move(main)),
        access_(std::move(access)) {}

  bool enabled(base::Severity severity) const noexcept { return severity >= level_; }

  void write(base::Severity severity, std::string_view message, std::span<const Field> fields) {
    if (enabled(severity)) put(*main_, severity, message, fields);
  }

  void access(std::span<const Field> fields) {
    if (access_) put(*access_, base::Severity::info, "access", fields);
  }

  void flush() {
    main_->flush();
    if (access_) access_->flush();
  }

 private:
  void put(spdlog::logger& logger, base::Severity severity, std::string_view message, std::span<const Field> fields) {
    const std::string line = format_line(format_, base::SystemWallClock().now_ms(), severity, message, fields);
    logger.log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  }

  base::Severity level_;
  LogFormat format_;
  std::shared_ptr<spdlog::logger> main_;
  std::shared_ptr<spdlog::logger> access_;  ///< main_ itself, a file's, or nullptr for none
};

base::Result<std::unique_ptr<Log>> Log::open(const LogOptions& options) {
  const auto main = line_writer("log", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto access = main;
  if (options.access_file == kAccessOff) {
    access = nullptr;
  } else if (!options.access_file.empty()) {
    if (auto possible = check_can_append(options.access_file); !possible) return base::fail(possible.error());
    try {
      access = line_writer("access", std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.access_file));
    } catch (const spdlog::spdlog_ex& failure) {
      return base::fail(base::ErrorKind::invalid_argument, "cannot write the access log to '" +
                                                               base::printable(options.access_file) +
                                                               "': " + base::printable(failure.what()));
    }
  }
  return std::unique_ptr<Log>(new Log(std::make_unique<Impl>(options, main, std::move(access))));
}

std::unique_ptr<Log> Log::to_memory(std::shared_ptr<std::string> lines, const LogOptions& options) {
  const auto main = line_writer("log", std::make_shared<MemorySink>(std::move(lines)));
  const auto access = options.access_file == kAccessOff ? nullptr : main;
  return std::unique_ptr<Log>(new Log(std::make_unique<Impl>(options, main, access)));
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

bool Log::enabled(base::Severity severity) const noexcept { return impl_->enabled(severity); }

void Log::write(base::Severity severity, std::string_view message, std::initializer_list<Field> fields) {
  impl_->write(severity, message, std::span(fields.begin(), fields.size()));
}

void Log::access(std::initializer_list<Field> fields) { impl_->access(std::span(fields.begin(), fields.size())); }

void Log::flush() { impl_->flush(); }

}  // namespace spm::telemetry
