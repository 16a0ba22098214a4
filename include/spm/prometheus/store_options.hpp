#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <spm/base/result.hpp>

namespace spm::prometheus {

/// Where the store is. `user` and `password` are secrets; text() and every message leave them out.
struct StoreUrl {
  bool tls = false;
  std::string host = "localhost";  ///< a name or an address; IPv6 without brackets
  std::uint16_t port = 9090;
  std::string path_prefix;  ///< "" or "/prom/x": percent-encoded as given, no slash at its end
  std::string user;         ///< decoded; empty: no Basic auth
  std::string password;

  /// "https://host:port/prefix", for people.
  std::string text() const;
  /// "host" or "host:port", for the Host header.
  std::string host_header() const;
};

/// Reads an absolute http or https URL. The error says what to write instead and never repeats a password.
base::Result<StoreUrl> parse_store_url(std::string_view text);

/// Files are read again when they change; a new file that cannot be used leaves the old one in force.
struct StoreTlsOptions {
  std::string ca_file;      ///< PEM; empty: the system's authorities
  std::string cert_file;    ///< PEM chain of this service; needs key_file
  std::string key_file;     ///< PEM
  std::string server_name;  ///< expected name in the certificate and SNI; empty: the URL's host
  bool skip_verify = false;
};

/// Everything that the client of one store must know. Checked by check_store_options().
struct StoreOptions {
  StoreUrl url;
  StoreTlsOptions tls;
  std::chrono::milliseconds connect_timeout{5'000};  ///< name, TCP and TLS together

  std::string token_file;                   ///< bearer token; read again every 10 s
  bool token_override_from_context = true;  ///< a caller's token replaces this service's own credentials
  std::string basic_auth_file;              ///< "user:password"; read again every 10 s
  std::vector<std::pair<std::string, std::string>> headers;           ///< sent with every request
  std::vector<std::pair<std::string, std::string>> extra_parameters;  ///< sent in the form of every query

  std::size_t max_concurrent = 8;        ///< requests on the wire
  std::size_t max_concurrent_reads = 4;  ///< of them, those that stream raw series
  std::size_t max_waiting = 64;          ///< requests waiting for their turn; one more is refused

  std::size_t max_body_bytes = std::size_t{64} << 20U;        ///< after decompression
  std::size_t max_compressed_bytes = std::size_t{16} << 20U;  ///< before it
  std::size_t max_compression_ratio = 200;
  std::chrono::milliseconds max_stream_silence{5'000};   ///< then a read of raw series is given up: overloaded
  std::size_t max_stream_bytes = std::size_t{4} << 30U;  ///< of raw series in one answer, which are kept nowhere
  std::size_t max_series = 20'000;
  /// Grid points of all series of an answer, present or not: what bounds memory (8 bytes each), since an answer of many
  /// short series is small on the wire and large in columns.
  std::size_t max_cells = std::size_t{32} << 20U;

  std::size_t max_idle_connections = 8;
  std::chrono::milliseconds idle_timeout{30'000};         ///< below what servers and balancers commonly allow
  std::chrono::milliseconds max_connection_age{300'000};  ///< then the name is resolved again
  unsigned max_retries = 2;
  bool ask_for_gzip = false;

  unsigned breaker_failures = 5;  ///< in a row
  std::chrono::milliseconds breaker_open_for{5'000};
};

/// The settings behind these options, as messages name them.
inline constexpr std::string_view kUrlSetting = "PROMETHEUS_SERVER_URL";
inline constexpr std::string_view kConnectTimeoutSetting = "PROMETHEUS_CONNECT_TIMEOUT";
inline constexpr std::string_view kTokenFileSetting = "PROMETHEUS_TOKEN_FILE";
inline constexpr std::string_view kExtraParametersSetting = "PROMETHEUS_QUERY_EXTRA_QUERY_PARAMS";
inline constexpr std::string_view kTlsCaSetting = "PROMETHEUS_TLS_CA";
inline constexpr std::string_view kTlsCertSetting = "PROMETHEUS_TLS_CERT";
inline constexpr std::string_view kTlsKeySetting = "PROMETHEUS_TLS_KEY";
inline constexpr std::string_view kTlsServerNameSetting = "PROMETHEUS_TLS_SERVER_NAME";
inline constexpr std::string_view kBasicAuthFileSetting = "--store.basic-auth-file";
inline constexpr std::string_view kHeaderSetting = "--store.header";
inline constexpr std::string_view kMaxSeriesSetting = "--store.max-series";
inline constexpr std::string_view kMaxCellsSetting = "--store.max-cells";
inline constexpr std::string_view kMaxBodySetting = "--store.max-body-bytes";
inline constexpr std::string_view kMaxStreamSetting = "--store.max-stream-bytes";
inline constexpr std::string_view kMaxConcurrentReadsSetting = "--store.max-concurrent-reads";

/// Refuses what can never work: headers that frame a message, parameters that this client sends itself, bounds of 0.
/// Reads no file.
base::Result<void> check_store_options(const StoreOptions& options);

}  // namespace spm::prometheus
