#include <algorithm>
#include <array>

#include <spm/config/options.hpp>

namespace spm::config {
namespace {

// Whole families: span storage, and Jaeger's other programs.
constexpr std::array<std::string_view, 26> kFamilies = {"span-storage",
                                                        "dependency-storage",
                                                        "es",
                                                        "es-archive",
                                                        "opensearch",
                                                        "cassandra",
                                                        "cassandra-archive",
                                                        "memory",
                                                        "badger",
                                                        "kafka",
                                                        "grpc-storage",
                                                        "grpc-storage-plugin",
                                                        "remote-storage",
                                                        "blackhole",
                                                        "collector",
                                                        "agent",
                                                        "sampling",
                                                        "processor",
                                                        "reporter",
                                                        "ingester",
                                                        "downsampling",
                                                        "zipkin",
                                                        "http-server",
                                                        "query.static-files",
                                                        "otlp",
                                                        "archive-storage"};

constexpr std::array<std::string_view, 14> kFlags = {"query.ui-config",
                                                     "query.static-files",
                                                     "query.log-static-assets-access",
                                                     "query.enable-tracing",
                                                     "query.max-clock-skew-adjustment",
                                                     "query.port",
                                                     "query.host-port",
                                                     "span-storage-type",
                                                     "metrics-backend",
                                                     "metrics-http-route",
                                                     "health-check-http-port",
                                                     "admin-http-port",
                                                     "jaeger.tags",
                                                     "tracing.enabled"};

}  // namespace

bool is_foreign_jaeger_flag(std::string_view name) {
  const auto in_family = [&](std::string_view family) {
    return name == family || (name.starts_with(family) && name[family.size()] == '.');
  };
  return std::ranges::any_of(kFamilies, in_family) || std::ranges::find(kFlags, name) != kFlags.end();
}

}  // namespace spm::config
