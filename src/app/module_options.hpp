#pragma once

#include <spm/base/result.hpp>
#include <spm/config/settings.hpp>
#include <spm/grpc/server.hpp>
#include <spm/http/http_server.hpp>
#include <spm/http/jaeger_api.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/schema/configured_names.hpp>
#include <spm/telemetry/log.hpp>

/// Settings, as each module wants to hear them. Modules know nothing of `config`; this is the only place that knows
/// both.
namespace spm::app {

telemetry::LogOptions log_options(const config::Settings& settings);
base::Result<prometheus::StoreOptions> store_options(const config::Settings& settings);
schema::NamingOptions naming_options(const config::Settings& settings);
http::JaegerApiOptions jaeger_api_options(const config::Settings& settings);
http::HttpServerOptions http_server_options(const config::Settings& settings);
http::HttpServerOptions admin_server_options(const config::Settings& settings);
grpc::GrpcOptions grpc_server_options(const config::Settings& settings);

}  // namespace spm::app
