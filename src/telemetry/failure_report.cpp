#include <spm/telemetry/failure_report.hpp>

namespace spm::telemetry {

std::string_view door_name(Door door) noexcept {
  switch (door) {
    case Door::http:
      return "http";
    case Door::grpc:
      return "grpc";
    case Door::admin:
      return "admin";
  }
  return "unknown";
}

void log_failure(Log& log, Door door, std::string_view method, std::string_view request_id, const base::Error& error) {
  const base::ErrorTraits& traits = base::traits(error.kind);
  if (!log.enabled(traits.severity)) return;
  const bool show_detail = error.kind == base::ErrorKind::internal || log.enabled(base::Severity::debug);
  log.write(traits.severity, "request failed",
            {{"door", door_name(door)},
             {"method", method},
             {"request_id", request_id},
             {"kind", traits.label},
             {"error", error.message},
             {"detail", show_detail ? std::string_view(error.log_detail) : std::string_view()}});
}

}  // namespace spm::telemetry
