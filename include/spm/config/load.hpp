#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/config/settings.hpp>

namespace spm::config {

using Environment = std::map<std::string, std::string, std::less<>>;

/// A flag as it stood on the command line, in order; the name without "--". A boolean without a value has "true".
struct FlagValue {
  std::string name;
  std::string value;
};

/// Where a value came from; later enumerators win over earlier ones.
enum class SourceKind : std::uint8_t {
  default_value,
  file,
  environment,
  flag
};

struct Source {
  SourceKind kind = SourceKind::default_value;
  std::string where;  ///< "jaeger.yaml:12", "PROMETHEUS_SERVER_URL", "--prometheus.server-url"

  std::string text() const;  ///< "default", "file jaeger.yaml:12", "environment NAME", "flag --name"
};

/// A reason not to start, as one line.
struct Problem {
  std::string setting;  ///< as the user wrote it, with its place: "conf.yaml:3: threads"
  std::string message;  ///< what is wrong and what to write instead; no secrets

  std::string line() const { return setting + ": " + message; }
};

/// How load() looks at files. A port, so that tests and the fuzzer need none.
class Files {
 public:
  Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  virtual ~Files() = default;

  /// The content; an error when there is no such file, it cannot be read, or it is longer than `max_bytes`.
  virtual base::Result<std::string> read(const std::string& path, std::size_t max_bytes) const = 0;
  /// Whether it is a file that can be opened for reading.
  virtual base::Result<void> check_readable(const std::string& path) const = 0;
  virtual base::Result<void> check_directory(const std::string& path) const = 0;
};

/// The machine's files.
class SystemFiles final : public Files {
 public:
  base::Result<std::string> read(const std::string& path, std::size_t max_bytes) const override;
  base::Result<void> check_readable(const std::string& path) const override;
  base::Result<void> check_directory(const std::string& path) const override;
};

struct Loaded {
  Settings settings;                                   ///< usable only when there are no problems
  std::map<std::string, Source, std::less<>> sources;  ///< by Option::name; what is missing is at its default
  std::vector<std::string> warnings;                   ///< one line each, no secrets
  std::vector<Problem> problems;
};

/// Reads flags, environment and the file that they name, over the defaults, and checks everything. Flags win over the
/// environment, that over the file. A value that is overridden is not looked at. All problems are collected. Never
/// throws.
Loaded load(const std::vector<FlagValue>& flags, const Environment& environment, const Files& files);

}  // namespace spm::config
