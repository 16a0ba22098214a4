#pragma once

#include <spm/base/result.hpp>
#include <spm/cache/rate_cache.hpp>
#include <spm/config/settings.hpp>
#include <spm/diagnosis/diagnosis.hpp>
#include <spm/grpc/server.hpp>
#include <spm/http/front_door.hpp>
#include <spm/http/http_server.hpp>
#include <spm/http/prometheus_api.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/rates/rate_reader.hpp>
#include <spm/schema/discovery.hpp>
#include <spm/service/kept_answers.hpp>
#include <spm/telemetry/log.hpp>

/// Settings, as each module wants to hear them. Modules know nothing of `config`; this is the only place that knows
/// both.
namespace spm::app {

telemetry::LogOptions log_options(const config::Settings& settings);
base::Result<prometheus::StoreOptions> store_options(const config::Settings& settings);
base::Result<schema::DiscoveryOptions> discovery_options(const config::Settings& settings);
/// `threads`: how many can decode at once.
rates::RateReaderOptions rate_reader_options(const config::Settings& settings, std::size_t threads);
cache::RateCacheOptions rate_cache_options(const config::Settings& settings);
service::KeptAnswersOptions kept_answers_options(const config::Settings& settings);
diagnosis::Options diagnosis_options(const config::Settings& settings);
http::PrometheusApiOptions prometheus_api_options(const config::Settings& settings);
http::FrontDoorOptions front_door_options(const config::Settings& settings);
http::HttpServerOptions http_server_options(const config::Settings& settings);
http::HttpServerOptions admin_server_options(const config::Settings& settings);
grpc::GrpcOptions grpc_server_options(const config::Settings& settings);

}  // namespace spm::app
