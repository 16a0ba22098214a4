#include "library_log.hpp"

#include <mutex>
#include <string_view>

#include <grpc/support/log.h>

namespace spm::grpc {
namespace {

// gRPC's hook is a bare function without a place for a pointer; its own threads call it at any time.
std::mutex hook_mutex;
telemetry::Log* hook_target = nullptr;

// What the library calls an error is at most a remark here: a client's broken frame is one for it, and when it cannot
// listen, the server says so itself.
base::Severity severity_of(gpr_log_severity severity) {
  return severity == GPR_LOG_SEVERITY_ERROR ? base::Severity::info : base::Severity::debug;
}

void forward(gpr_log_func_args* args) {
  const std::scoped_lock lock(hook_mutex);
  if (hook_target == nullptr) return;
  const std::string_view file(args->file);
  hook_target->write(severity_of(args->severity), "gRPC library",
                     {{"text", args->message}, {"file", file.substr(file.rfind('/') + 1)}, {"line", args->line}});
}

}  // namespace

LibraryLog::LibraryLog(telemetry::Log& log) : log_(&log) {
  {
    const std::scoped_lock lock(hook_mutex);
    hook_target = log_;
  }
  gpr_set_log_function(&forward);
}

LibraryLog::~LibraryLog() {
  const std::scoped_lock lock(hook_mutex);
  if (hook_target == log_) hook_target = nullptr;
}

}  // namespace spm::grpc
