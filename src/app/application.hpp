#pragma once

#include <memory>
#include <string>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/config/settings.hpp>

namespace spm::app {

/// The running service: builds every object, in order, and ends them in the reverse one.
class Application {
 public:
  /// Opens the log, reads templates and credentials, binds the ports. The error says which setting is to blame.
  /// `warnings` about the settings go to the log.
  static base::Result<std::unique_ptr<Application>> create(const config::Settings& settings,
                                                           const std::vector<std::string>& warnings);
  /// Everything that create() reads, and nothing that it opens: for check-config.
  static base::Result<void> check(const config::Settings& settings);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  /// Serves until SIGTERM or SIGINT, then finishes what is in flight within the grace time. A second signal ends the
  /// process at once. True: everything was answered.
  bool run();

 private:
  class Impl;
  explicit Application(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace spm::app
