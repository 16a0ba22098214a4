#include "module_options.hpp"

#include <utility>

namespace spm::app {

telemetry::LogOptions log_options(const config::Settings& settings) {
  telemetry::LogOptions options;
  options.level = settings.log.level;
  options.format =
      settings.log.format == config::LogFormat::json ? telemetry::LogFormat::json : telemetry::LogFormat::logfmt;
  options.access_file = settings.log.access_file;
  return options;
}

base::Result<prometheus::StoreOptions> store_options(const config::Settings& settings) {
  const config::StoreSettings& store = settings.store;
  auto url = prometheus::parse_store_url(store.server_url);
  if (!url) return base::fail(std::move(url.error()));

  prometheus::StoreOptions options;
  options.url = std::move(*url);
  options.tls.ca_file = store.tls.ca_file;
  options.tls.cert_file = store.tls.cert_file;
  options.tls.key_file = store.tls.key_file;
  options.tls.server_name = store.tls.server_name;
  options.tls.skip_verify = store.tls.skip_host_verify;
  options.connect_timeout = store.connect_timeout;
  options.token_file = store.token_file;
  options.token_override_from_context = store.token_override_from_context;
  options.basic_auth_file = store.basic_auth_file;
  for (const config::Header& header : store.headers) options.headers.emplace_back(header.name, header.value);
  for (const config::Parameter& parameter : store.extra_query_params) {
    options.extra_parameters.emplace_back(parameter.name, parameter.value);
  }
  options.max_concurrent = store.max_concurrent;
  options.max_waiting = store.max_waiting;
  options.max_body_bytes = store.max_body_bytes;
  options.max_compressed_bytes = store.max_compressed_bytes;
  options.max_cells = store.max_cells;
  options.max_series = store.max_series;
  options.max_connection_age = store.max_connection_age;
  options.ask_for_gzip = store.compression;
  if (auto checked = prometheus::check_store_options(options); !checked) return base::fail(std::move(checked.error()));
  return options;
}

schema::NamingOptions naming_options(const config::Settings& settings) {
  const config::NamingSettings& naming = settings.naming;
  schema::NamingOptions options;
  options.metric_namespace = naming.metric_namespace;
  options.spanmetrics_connector = naming.support_spanmetrics_connector;
  options.duration_unit = naming.duration_unit == config::DurationUnit::seconds ? schema::DurationUnit::seconds
                                                                                : schema::DurationUnit::milliseconds;
  options.normalize_calls = naming.normalize_calls.value_or(false);
  options.normalize_duration = naming.normalize_duration.value_or(false);
  return options;
}

http::JaegerApiOptions jaeger_api_options(const config::Settings& settings) {
  http::JaegerApiOptions options;
  options.base_path = settings.http.base_path;
  options.query_timeout = settings.query.timeout;
  options.bearer_token_propagation = settings.query.bearer_token_propagation;
  options.always_500 = settings.http.upstream_errors_as_500;
  options.max_in_flight = settings.query.max_in_flight;
  options.cors_origins = settings.http.cors_allowed_origins;
  for (const config::Header& header : settings.http.additional_headers) {
    options.additional_headers.emplace_back(header.name, header.value);
  }
  return options;
}

http::HttpServerOptions http_server_options(const config::Settings& settings) {
  http::HttpServerOptions options;
  options.host_port = settings.http.listen.text();
  options.door = telemetry::Door::http;
  options.max_connections = settings.http.max_connections;
  options.max_head_bytes = settings.http.max_header_bytes;
  options.max_headers = settings.http.max_headers;
  options.head_timeout = settings.http.header_timeout;
  options.idle_timeout = settings.http.idle_timeout;
  options.write_timeout = settings.http.write_timeout;
  return options;
}

http::HttpServerOptions admin_server_options(const config::Settings& settings) {
  http::HttpServerOptions options = http_server_options(settings);
  options.host_port = settings.admin_listen.text();
  options.door = telemetry::Door::admin;
  options.access_log = false;  // probes and scrapes every few seconds
  return options;
}

grpc::GrpcOptions grpc_server_options(const config::Settings& settings) {
  grpc::GrpcOptions options;
  options.host_port = settings.grpc.listen.text();
  options.max_receive_bytes = static_cast<int>(settings.grpc.max_receive_bytes);
  options.max_concurrent_streams = static_cast<int>(settings.grpc.max_streams);
  options.max_connection_age = settings.grpc.max_connection_age;
  options.query_timeout = settings.query.timeout;
  options.bearer_token_propagation = settings.query.bearer_token_propagation;
  return options;
}

}  // namespace spm::app
