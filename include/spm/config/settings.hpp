#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <spm/base/error.hpp>
#include <spm/base/result.hpp>

namespace spm::config {

/// Where to listen. An empty host means every interface; port 0 lets the system choose.
struct HostPort {
  std::string host;  ///< name or address; IPv6 without brackets
  std::uint16_t port = 0;

  std::string text() const;  ///< ":16690", "127.0.0.1:80", "[::1]:80"
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// Reads ":16690", "host:80" or "[::1]:80".
base::Result<HostPort> parse_host_port(std::string_view text);

struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

struct Parameter {
  std::string name;
  std::string value;
  friend bool operator==(const Parameter&, const Parameter&) = default;
};

enum class MetricsStorage : std::uint8_t {
  prometheus,
  none,  ///< no store: every metrics request is answered with 501 or UNIMPLEMENTED
};

enum class DurationUnit : std::uint8_t {
  milliseconds,
  seconds,
  microseconds,
  nanoseconds
};

/// What becomes of queries at the Prometheus door that are none of Jaeger's.
enum class OtherQueries : std::uint8_t {
  refuse,
  forward
};

enum class LogFormat : std::uint8_t {
  logfmt,
  json
};

/// TLS towards the store. The URL's scheme alone decides whether TLS is spoken; `enabled` is what the user said.
struct StoreTlsSettings {
  bool enabled = false;
  std::string ca_file;      ///< PEM; empty: the system's authorities
  std::string cert_file;    ///< PEM; given together with key_file or not at all
  std::string key_file;     ///< PEM
  std::string server_name;  ///< for SNI and verification; empty: the URL's host
  bool skip_host_verify = false;
};

enum class CacheMode : std::uint8_t {
  aligned,
  exact,
  off
};

struct CacheSettings {
  CacheMode mode = CacheMode::aligned;
  std::size_t max_bytes = std::size_t{128} << 20U;
  std::chrono::milliseconds overlap{600'000};  ///< points younger than this are read again
};

/// How rates are read from the store.
enum class StoreRead : std::uint8_t {
  automatic,
  promql,
  chunks,
  whole
};

struct StoreSettings {
  MetricsStorage storage = MetricsStorage::prometheus;
  /// Checked: http or https, a host, no query, no fragment. May hold user and password: never log it, use redact_url().
  std::string server_url = "http://localhost:9090";
  std::chrono::milliseconds connect_timeout{5'000};
  StoreTlsSettings tls;
  std::string token_file;                     ///< bearer token, re-read while running; empty: none
  bool token_override_from_context = true;    ///< a caller's propagated token replaces the file's
  std::string basic_auth_file;                ///< one line user:password; empty: none
  std::vector<Header> headers;                ///< sent with every request to the store; values are secret
  std::vector<Parameter> extra_query_params;  ///< in the order given; values are secret
  bool compression = false;                   ///< ask the store for gzip
  std::size_t max_concurrent = 8;
  std::size_t max_waiting = 64;
  std::size_t max_body_bytes = std::size_t{64} << 20U;        ///< decompressed
  std::size_t max_compressed_bytes = std::size_t{16} << 20U;  ///< before decompression
  std::size_t max_series = 20'000;
  std::size_t max_cells = std::size_t{32} << 20U;  ///< series times points of one answer: what bounds memory
  StoreRead read = StoreRead::automatic;
  std::size_t max_concurrent_reads = 4;                  ///< of raw chunks, among max_concurrent
  std::size_t max_raw_series = 200'000;                  ///< of one read of raw chunks
  std::size_t max_raw_samples = 500'000'000;             ///< of one read of raw chunks
  std::size_t max_stream_bytes = std::size_t{4} << 30U;  ///< of one request for raw chunks
  std::chrono::milliseconds max_connection_age{300'000};
};

/// What the user says about metric names. Not set: to be found out, or the default of whoever reads it.
struct NamingSettings {
  std::optional<std::string> metric_namespace;  ///< set and empty: no prefix
  std::optional<DurationUnit> duration_unit;
  std::optional<bool> normalize_calls;
  std::optional<bool> normalize_duration;
  std::optional<bool> support_spanmetrics_connector;
};

/// A family of span metrics that the user names or writes out. Empty: to be found out.
struct SchemaSettings {
  std::string name;  ///< of a known producer: "tempo"
  std::string calls;
  std::string histogram;  ///< without _bucket
  std::string service_label;
  std::string operation_label;
  std::string kind_label;
  std::string status_label;
  std::vector<std::string> error_values;
};

struct PrometheusDoorSettings {
  OtherQueries other_queries = OtherQueries::refuse;
  std::vector<std::string> pass_parameters;  ///< of callers, allowed although matchers are enforced
};

struct HttpSettings {
  HostPort listen{"", 16690};
  std::string base_path = "/";  ///< starts with '/', ends with it only when it is nothing else
  std::vector<std::string> cors_allowed_origins;
  std::vector<Header> additional_headers;  ///< added to every answer
  bool upstream_errors_as_500 = false;
  std::size_t max_header_bytes = std::size_t{16} << 10U;
  std::size_t max_headers = 100;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds write_timeout{30'000};
  std::size_t max_connections = 1'024;
};

struct GrpcSettings {
  HostPort listen{"", 16691};
  std::size_t max_receive_bytes = std::size_t{4} << 20U;
  std::size_t max_streams = 100;                            ///< concurrent, on one connection
  std::chrono::milliseconds max_connection_age{1'800'000};  ///< 0: connections live for ever
};

struct QuerySettings {
  bool bearer_token_propagation = false;
  std::chrono::milliseconds timeout{30'000};  ///< a caller's earlier deadline counts
  std::size_t max_in_flight = 512;            ///< requests over all doors
  std::string matchers;                       ///< PromQL matchers that stand in every selector sent to the store
  std::string error_matchers;                 ///< PromQL matchers that make a call an error; empty: by status
};

struct LogSettings {
  base::Severity level = base::Severity::info;
  LogFormat format = LogFormat::logfmt;
  std::string access_file;  ///< empty: access lines go to the log; "off": nowhere
};

/// Everything that can be set, checked. Made by load(); nothing below app sees it.
struct Settings {
  HttpSettings http;
  GrpcSettings grpc;
  HostPort admin_listen{"127.0.0.1", 16692};
  QuerySettings query;
  StoreSettings store;
  CacheSettings cache;
  NamingSettings naming;
  SchemaSettings schema;
  PrometheusDoorSettings prometheus_door;
  std::string templates_dir;  ///< empty: only the compiled-in templates
  LogSettings log;
  std::chrono::milliseconds shutdown_grace{10'000};
  std::size_t threads = 0;  ///< 0: one a core
  std::string config_file;  ///< the file that was read; empty: none
};

/// `url` without its user and password, and without a query or fragment that does not belong there. Also for text
/// that is no URL.
std::string redact_url(std::string_view url);

}  // namespace spm::config
