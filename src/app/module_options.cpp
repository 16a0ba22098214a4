#include "module_options.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <spm/base/utf8.hpp>

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
  options.max_concurrent_reads = store.max_concurrent_reads;
  options.max_stream_bytes = store.max_stream_bytes;
  options.max_body_bytes = store.max_body_bytes;
  options.max_compressed_bytes = store.max_compressed_bytes;
  options.max_cells = store.max_cells;
  options.max_series = store.max_series;
  options.max_connection_age = store.max_connection_age;
  options.ask_for_gzip = store.compression;
  if (auto checked = prometheus::check_store_options(options); !checked) return base::fail(std::move(checked.error()));
  return options;
}

namespace {

rates::ReadMode read_mode(config::StoreRead read) {
  switch (read) {
    case config::StoreRead::promql:
      return rates::ReadMode::promql;
    case config::StoreRead::chunks:
      return rates::ReadMode::chunks;
    case config::StoreRead::whole:
      return rates::ReadMode::whole;
    case config::StoreRead::automatic:
      break;
  }
  return rates::ReadMode::automatic;
}

}  // namespace

rates::RateReaderOptions rate_reader_options(const config::Settings& settings, std::size_t threads) {
  const config::StoreSettings& store = settings.store;
  rates::RateReaderOptions options;
  options.patience = settings.query.timeout;
  options.mode = read_mode(store.read);
  options.store_has_parameters = !store.extra_query_params.empty();
  options.max_pieces = std::clamp<std::size_t>(threads, 1, store.max_concurrent_reads);
  options.max_series = store.max_raw_series;
  options.max_samples = store.max_raw_samples;
  options.max_bytes = store.max_stream_bytes;
  options.max_cells = store.max_cells;
  options.max_groups = store.max_series;
  return options;
}

namespace {

schema::DurationUnit duration_unit(config::DurationUnit unit) {
  switch (unit) {
    case config::DurationUnit::seconds:
      return schema::DurationUnit::seconds;
    case config::DurationUnit::microseconds:
      return schema::DurationUnit::microseconds;
    case config::DurationUnit::nanoseconds:
      return schema::DurationUnit::nanoseconds;
    case config::DurationUnit::milliseconds:
      break;
  }
  return schema::DurationUnit::milliseconds;
}

schema::CustomSchema custom_schema(const config::SchemaSettings& written) {
  schema::CustomSchema schema;
  schema.calls = written.calls;
  schema.histogram = written.histogram;
  schema.service_label = written.service_label;
  schema.operation_label = written.operation_label;
  schema.kind_label = written.kind_label;
  schema.status_label = written.status_label;
  schema.error_values = written.error_values;
  return schema;
}

}  // namespace

base::Result<schema::DiscoveryOptions> discovery_options(const config::Settings& settings) {
  const config::NamingSettings& naming = settings.naming;
  schema::DiscoveryOptions options;
  options.naming.metric_namespace = naming.metric_namespace;
  options.naming.spanmetrics_connector = naming.support_spanmetrics_connector;
  if (naming.duration_unit) options.naming.duration_unit = duration_unit(*naming.duration_unit);
  options.naming.normalize_calls = naming.normalize_calls;
  options.naming.normalize_duration = naming.normalize_duration;
  options.errors_given = !settings.query.error_matchers.empty();
  options.allow_unfiltered_names = settings.query.matchers.empty();

  const config::SchemaSettings& schema = settings.schema;
  if (!schema.name.empty()) {
    options.schema = schema::schema_by_name(schema.name);
    if (!options.schema) {
      std::string names;
      for (const std::string_view name : schema::schema_names()) names.append(names.empty() ? "" : ", ").append(name);
      return base::fail(base::ErrorKind::invalid_argument,
                        "--schema: '" + base::printable(schema.name, 100) + "' is not a known schema: write one of " +
                            names + ", or write the names out in schema.calls and schema.histogram");
    }
  } else if (!schema.calls.empty() || !schema.histogram.empty()) {
    options.schema = custom_schema(schema);
    options.schema->unit = options.naming.duration_unit;
  }
  return options;
}

cache::RateCacheOptions rate_cache_options(const config::Settings& settings) {
  cache::RateCacheOptions options;
  options.overlap = settings.cache.overlap;
  return options;
}

service::KeptAnswersOptions kept_answers_options(const config::Settings& settings) {
  service::KeptAnswersOptions options;
  options.mode =
      settings.cache.mode == config::CacheMode::aligned ? cache::CacheMode::aligned : cache::CacheMode::exact;
  return options;
}

diagnosis::Options diagnosis_options(const config::Settings& settings) {
  const config::NamingSettings& naming = settings.naming;
  diagnosis::Options options;
  options.store_url = config::redact_url(settings.store.server_url);
  const auto given = [&](std::string_view variable, std::string_view value) {
    options.naming_settings.push_back(std::string(variable) + "=" + std::string(value));
  };
  const auto word = [](bool value) { return value ? "true" : "false"; };
  if (naming.metric_namespace) given("PROMETHEUS_QUERY_NAMESPACE", *naming.metric_namespace);
  if (naming.duration_unit) {
    constexpr std::array<std::string_view, 4> kUnits = {"ms", "s", "us", "ns"};  // in the order of DurationUnit
    given("PROMETHEUS_QUERY_DURATION_UNIT", kUnits[static_cast<std::size_t>(*naming.duration_unit)]);
  }
  if (naming.normalize_calls) given("PROMETHEUS_QUERY_NORMALIZE_CALLS", word(*naming.normalize_calls));
  if (naming.normalize_duration) given("PROMETHEUS_QUERY_NORMALIZE_DURATION", word(*naming.normalize_duration));
  if (naming.support_spanmetrics_connector) {
    given("PROMETHEUS_QUERY_SUPPORT_SPANMETRICS_CONNECTOR", word(*naming.support_spanmetrics_connector));
  }
  const config::SchemaSettings& schema = settings.schema;
  if (!schema.name.empty()) given("SCHEMA", schema.name);
  options.matchers_enforced = !settings.query.matchers.empty();
  options.schema_given = !schema.name.empty() || !schema.calls.empty() || !schema.histogram.empty();
  return options;
}

http::PrometheusApiOptions prometheus_api_options(const config::Settings& settings) {
  http::PrometheusApiOptions options;
  options.forward_other_queries = settings.prometheus_door.other_queries == config::OtherQueries::forward;
  options.matchers_enforced = !settings.query.matchers.empty();
  options.pass_parameters = settings.prometheus_door.pass_parameters;
  return options;
}

http::FrontDoorOptions front_door_options(const config::Settings& settings) {
  http::FrontDoorOptions options;
  options.base_path = settings.http.base_path;
  options.query_timeout = settings.query.timeout;
  options.bearer_token_propagation = settings.query.bearer_token_propagation;
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
