#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include <spm/base/error.hpp>
#include <spm/base/result.hpp>

namespace spm::telemetry {

enum class LogFormat : std::uint8_t {
  logfmt,
  json
};

struct LogOptions {
  base::Severity level = base::Severity::info;
  LogFormat format = LogFormat::logfmt;
  std::string access_file;  ///< where access lines go; empty: to the log itself, "off": nowhere
};

/// One key and its value. Keys are ours (plain ASCII); values may come from anywhere and are escaped.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;
  Field(std::string_view name, std::string_view text) : key(name), value(text) {}
  Field(std::string_view name, const std::string& text) : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, const char* text) : key(name), value(std::string_view(text)) {}
  Field(std::string_view name, bool flag) : key(name), value(flag) {}
  Field(std::string_view name, double number) : key(name), value(number) {}
  Field(std::string_view name, std::int64_t number) : key(name), value(number) {}
  Field(std::string_view name, std::uint64_t number) : key(name), value(number) {}
  Field(std::string_view name, int number) : key(name), value(static_cast<std::int64_t>(number)) {}

  std::string_view key;
  Value value;
};

/// The program's log on standard error: one line an event, logfmt or JSON, UTC times with milliseconds. Values are
/// escaped (no control byte leaves) and cut at 2,000 bytes. Callers never pass secrets. Safe from any thread.
class Log {
 public:
  /// Fails when the access file cannot be opened; the message says which and why.
  static base::Result<std::unique_ptr<Log>> open(const LogOptions& options);
  /// Collects lines in memory; for tests.
  static std::unique_ptr<Log> to_memory(std::shared_ptr<std::string> lines, const LogOptions& options = {});
  ~Log();

  bool enabled(base::Severity severity) const noexcept;
  void write(base::Severity severity, std::string_view message, std::initializer_list<Field> fields = {});
  void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(base::Severity::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(base::Severity::info, message, fields);
  }
  void warning(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(base::Severity::warning, message, fields);
  }
  void error(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(base::Severity::error, message, fields);
  }

  /// One line for one finished request, to the access log. Always written, whatever the level.
  void access(std::initializer_list<Field> fields);
  void flush();

 private:
  class Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spm::telemetry
