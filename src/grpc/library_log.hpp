#pragma once

#include <spm/telemetry/log.hpp>

namespace spm::grpc {

/// While it lives, what the gRPC library itself has to say goes to `log` instead of straight to standard error in a
/// form of its own. The library has one such hook a process: the latest one made counts.
class LibraryLog {
 public:
  explicit LibraryLog(telemetry::Log& log);
  ~LibraryLog();
  LibraryLog(const LibraryLog&) = delete;
  LibraryLog& operator=(const LibraryLog&) = delete;

 private:
  telemetry::Log* log_;
};

}  // namespace spm::grpc
