#include "option_table.hpp"

#include <algorithm>

#include "bindings.hpp"

namespace spm::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr milliseconds kMoment{1};
constexpr milliseconds kHour = hours{1};
constexpr std::uint64_t kMany = 1'000'000;
constexpr std::uint64_t kKiB = 1'024;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

/// Adds rows, so that each reads as one statement.
class Table {
 public:
  void section(std::string title) { section_ = std::move(title); }

  Option& add(std::string name, Binding binding, std::string help) {
    Option option;
    option.name = std::move(name);
    option.section = section_;
    option.value_name = std::move(binding.value_name);
    option.help = std::move(help);
    option.shape = binding.shape;
    option.apply = std::move(binding.apply);
    option.show = std::move(binding.show);
    rows_.push_back(std::move(option));
    return rows_.back();
  }

  /// The switch and the companions of a part of Jaeger that this release does not have.
  void not_yet(const std::string& prefix, const std::string& refusal, const std::vector<std::string>& companions) {
    add(prefix + ".enabled", to_only_off(refusal), "may be false; true stops the start: not supported yet").support =
        Support::only_off;
    const std::string beside = "without effect beside " + prefix + ".enabled=false";
    for (const std::string& companion : companions) {
      std::string name = prefix;
      name.append(".").append(companion);
      add(std::move(name), to_nothing(), beside).support = Support::companion;
    }
  }

  std::vector<Option> take() {
    for (Option& row : rows_) {
      row.environment.push_back(environment_name(row.name));
      for (const std::string& alias : row.aliases) {
        std::string name = environment_name(alias);
        if (std::find(row.environment.begin(), row.environment.end(), name) == row.environment.end()) {
          row.environment.push_back(std::move(name));
        }
      }
    }
    return std::move(rows_);
  }

 private:
  std::string section_;
  std::vector<Option> rows_;
};

void add_doors(Table& table) {
  table.section("Doors");
  table
      .add("http.host-port", to_host_port([](Settings & s) -> auto& { return s.http.listen; }),
           "where the HTTP API listens")
      .aliases = {"query.http-server.host-port"};
  table
      .add("grpc.host-port", to_host_port([](Settings & s) -> auto& { return s.grpc.listen; }),
           "where the gRPC API listens")
      .aliases = {"query.grpc-server.host-port"};
  table
      .add("admin.host-port", to_host_port([](Settings & s) -> auto& { return s.admin_listen; }),
           "where /livez, /readyz and /metrics listen")
      .aliases = {"admin.http.host-port"};
  table
      .add("query.base-path", to_base_path([](Settings & s) -> auto& { return s.http.base_path; }),
           "path in front of all HTTP routes, for example /jaeger")
      .jaeger_v2 = "jaeger_query.base_path";
  Option& answer_headers = table.add("http.additional-headers",
                                     to_answer_headers([](Settings & s) -> auto& { return s.http.additional_headers; }),
                                     "header added to every HTTP answer; repeat the flag for several");
  answer_headers.aliases = {"query.additional-headers"};
  answer_headers.map_value = true;
  answer_headers.map_separator = ':';
  table.add("http.cors.allowed-origins", to_origins([](Settings & s) -> auto& { return s.http.cors_allowed_origins; }),
            "origins whose pages may call the HTTP API; none: no CORS headers");
  table.add("http.upstream-errors-as-500", to_bool([](Settings & s) -> auto& { return s.http.upstream_errors_as_500; }),
            "answer every failure of the store with 500, as Jaeger does");
}

void add_query(Table& table) {
  table.section("Queries");
  table.add("query.timeout",
            to_duration(
                [](Settings & s) -> auto& { return s.query.timeout; }, kMoment, kHour),
            "longest time for one request; a caller's earlier deadline counts");
  table.add("query.max-in-flight",
            to_integer(
                [](Settings & s) -> auto& { return s.query.max_in_flight; }, 1, kMany),
            "requests worked on at once, all doors together; more get 503");
  table
      .add("query.bearer-token-propagation",
           to_bool([](Settings & s) -> auto& { return s.query.bearer_token_propagation; }),
           "send the caller's bearer token on to the store")
      .jaeger_v2 = "jaeger_query.bearer_token_propagation";
  table
      .add("query.matchers",
           to_text(
               [](Settings & s) -> auto& { return s.query.matchers; }, "MATCHERS"),
           "matchers that every query to the store holds, whatever callers ask: cluster=\"eu\",tenant=\"a\"")
      .never_empty = true;
  table.add("templates.dir",
            to_text(
                [](Settings & s) -> auto& { return s.templates_dir; }, "DIR"),
            "directory with PromQL templates that replace the compiled-in ones of the same name");
}

void add_store(Table& table) {
  table.section("Store");
  Option& storage = table.add("metrics-storage.type",
                              to_word<MetricsStorage>(
                                  [](Settings & s) -> auto& { return s.store.storage; },
                                  {{"prometheus", MetricsStorage::prometheus}, {"none", MetricsStorage::none}}, "TYPE",
                                  "not a metrics store that this service can read: write prometheus, or none to answer "
                                  "every metrics request with 501"),
                              "prometheus, or none: metrics requests are answered with 501");
  storage.aliases = {"metrics.storage-type", "metrics-storage-type"};
  Option& url =
      table.add("prometheus.server-url", to_store_url([](Settings & s) -> auto& { return s.store.server_url; }),
                "the Prometheus to ask, with scheme; a path prefix, and user:password@, are allowed");
  url.url = true;
  url.jaeger_v2 = "endpoint";
  table.add("prometheus.host-port", to_store_host_port([](Settings & s) -> auto& { return s.store.server_url; }),
            "older form of prometheus.server-url, http only; used when that one is not set");
  table
      .add("prometheus.connect-timeout",
           to_duration(
               [](Settings & s) -> auto& { return s.store.connect_timeout; }, kMoment, kHour),
           "longest time for a connection to the store to open")
      .jaeger_v2 = "connect_timeout";
  table
      .add("prometheus.token-file",
           to_text(
               [](Settings & s) -> auto& { return s.store.token_file; }, "FILE"),
           "file with a bearer token for the store; read again while running")
      .jaeger_v2 = "token_file_path";
  table
      .add("prometheus.token-override-from-context",
           to_bool([](Settings & s) -> auto& { return s.store.token_override_from_context; }),
           "a propagated token of the caller replaces the token file's (a Jaeger v2 file that does not say: false)")
      .jaeger_v2 = "token_override_from_context";
  table.add("store.basic-auth-file",
            to_text(
                [](Settings & s) -> auto& { return s.store.basic_auth_file; }, "FILE"),
            "file with user:password in one line, sent to the store as Basic auth");
  Option& headers = table.add("store.header", to_store_headers([](Settings & s) -> auto& { return s.store.headers; }),
                              "header sent with every request to the store; repeat the flag for several");
  headers.secret = true;
  headers.map_value = true;
  headers.map_separator = ':';
  Option& parameters = table.add("prometheus.query.extra-query-params",
                                 to_parameters([](Settings & s) -> auto& { return s.store.extra_query_params; }),
                                 "parameters added to every query, for example dedup=true,tenant=a");
  parameters.secret = true;
  parameters.map_value = true;
  parameters.map_separator = '=';
  parameters.jaeger_v2 = "extra_query_parameters";
  table.add("store.read",
            to_word<StoreRead>(
                [](Settings & s) -> auto& { return s.store.read; },
                {{"auto", StoreRead::automatic},
                 {"promql", StoreRead::promql},
                 {"chunks", StoreRead::chunks},
                 {"whole", StoreRead::whole}},
                "auto|promql|chunks|whole", "not a way to read rates: write auto, promql, chunks or whole"),
            "auto: rates are computed here from the store's raw chunks where it streams them (remote read) and its own "
            "answers agree to the last bit, else by PromQL; promql: never from chunks; chunks: as auto, also where "
            "parameters are sent with every query, which a proxy before the store may not apply to remote read; whole: "
            "the store computes everything and is never compared");
  table.add("store.compression", to_bool([](Settings & s) -> auto& { return s.store.compression; }),
            "ask the store for gzip: worth it over a slow network only");

  table.section("TLS to the store");
  table
      .add("prometheus.tls.enabled", to_bool([](Settings & s) -> auto& { return s.store.tls.enabled; }),
           "kept for Jaeger's sake: the URL's https:// is what turns TLS on")
      .jaeger_v2 = "tls.insecure (the opposite)";
  table
      .add("prometheus.tls.ca",
           to_text(
               [](Settings & s) -> auto& { return s.store.tls.ca_file; }, "FILE"),
           "PEM file of the authorities to trust; none: the system's")
      .jaeger_v2 = "tls.ca_file";
  table
      .add("prometheus.tls.cert",
           to_text(
               [](Settings & s) -> auto& { return s.store.tls.cert_file; }, "FILE"),
           "PEM file of this service's certificate; needs prometheus.tls.key")
      .jaeger_v2 = "tls.cert_file";
  table
      .add("prometheus.tls.key",
           to_text(
               [](Settings & s) -> auto& { return s.store.tls.key_file; }, "FILE"),
           "PEM file of the certificate's key")
      .jaeger_v2 = "tls.key_file";
  table
      .add("prometheus.tls.server-name",
           to_text(
               [](Settings & s) -> auto& { return s.store.tls.server_name; }, "NAME"),
           "name that the store's certificate must carry, where it is not the URL's host")
      .jaeger_v2 = "tls.server_name_override";
  table
      .add("prometheus.tls.skip-host-verify",
           to_bool([](Settings & s) -> auto& { return s.store.tls.skip_host_verify; }),
           "do not verify the store's certificate at all")
      .jaeger_v2 = "tls.insecure_skip_verify";
}

void add_naming(Table& table) {
  table.section("Metric names");
  table
      .add("prometheus.query.namespace", to_namespace([](Settings & s) -> auto& { return s.naming.metric_namespace; }),
           "prefix of the metric names, joined with _; an empty flag or file value means no prefix")
      .jaeger_v2 = "metric_namespace";
  table
      .add("prometheus.query.duration-unit",
           to_duration_unit([](Settings & s) -> auto& { return s.naming.duration_unit; }),
           "unit in which the store keeps latencies, where nothing else tells it")
      .jaeger_v2 = "latency_unit";
  table
      .add("prometheus.query.normalize-calls", to_bool([](Settings & s) -> auto& { return s.naming.normalize_calls; }),
           "calls is called calls_total")
      .jaeger_v2 = "normalize_calls";
  table
      .add("prometheus.query.normalize-duration",
           to_bool([](Settings & s) -> auto& { return s.naming.normalize_duration; }),
           "duration_bucket is called duration_milliseconds_bucket or duration_seconds_bucket")
      .jaeger_v2 = "normalize_duration";
  table.add("prometheus.query.support-spanmetrics-connector",
            to_bool([](Settings & s) -> auto& { return s.naming.support_spanmetrics_connector; }),
            "true: prefer the label span_name; false: operation; for names that nothing in the store fits: as Jaeger");
  table.add(
      "schema",
      to_text(
          [](Settings & s) -> auto& { return s.schema.name; }, "NAME"),
      "whose span metrics to read, where the store holds several: connector, processor, tempo, agent, signoz, ...");
  const auto part = [&](std::string name, Place<std::string> place, std::string help) {
    table.add(std::move(name), to_text(place, "NAME"), std::move(help));
  };
  part(
      "schema.calls", [](Settings & s) -> auto& { return s.schema.calls; }, "name of the calls counter");
  part(
      "schema.histogram", [](Settings & s) -> auto& { return s.schema.histogram; },
      "name of the latency histogram, without _bucket");
  part(
      "schema.service-label", [](Settings & s) -> auto& { return s.schema.service_label; },
      "label that holds the service");
  part(
      "schema.operation-label", [](Settings & s) -> auto& { return s.schema.operation_label; },
      "label that holds the operation");
  part(
      "schema.kind-label", [](Settings & s) -> auto& { return s.schema.kind_label; }, "label that holds the span kind");
  part(
      "schema.status-label", [](Settings & s) -> auto& { return s.schema.status_label; },
      "label that holds the status");
  table.add("schema.error-values",
            to_words(
                [](Settings & s) -> auto& { return s.schema.error_values; }, "VALUE,..."),
            "values of the status label that mean an error");
  table.add("errors.matcher",
            to_text(
                [](Settings & s) -> auto& { return s.query.error_matchers; }, "MATCHERS"),
            "what makes a call an error, in place of its status: http_status_code=~\"5..\"");
}

void add_cache(Table& table) {
  table.section("Cache");
  table.add(
      "cache.mode",
      to_word<CacheMode>(
          [](Settings & s) -> auto& { return s.cache.mode; },
          {{"aligned", CacheMode::aligned}, {"exact", CacheMode::exact}, {"off", CacheMode::off}}, "aligned|exact|off",
          "not a mode of the cache: write aligned, exact or off"),
      "aligned: a window that ends now is moved back to whole steps, by less than one, so that what one view read "
      "serves the next; exact: every window as asked; off: nothing is kept");
  table.add("cache.max-bytes",
            to_bytes(
                [](Settings & s) -> auto& { return s.cache.max_bytes; }, kKiB, 1'000 * kGiB),
            "memory of all that is kept; what was used longest ago goes first");
  table.add("cache.overlap",
            to_duration(
                [](Settings & s) -> auto& { return s.cache.overlap; }, Milliseconds{0}, hours{24}),
            "points younger than this are read again with every new step, since samples may come late");
}

void add_prometheus_door(Table& table) {
  table.section("The Prometheus door");
  table.add("prometheus-door.other-queries",
            to_word<OtherQueries>(
                [](Settings & s) -> auto& { return s.prometheus_door.other_queries; },
                {{"refuse", OtherQueries::refuse}, {"forward", OtherQueries::forward}}, "refuse|forward",
                "not something to do with queries: write refuse, or forward to send them on to the store unchanged"),
            "queries that are none of Jaeger's: refuse them, or forward them to the store unchanged");
  table.add("prometheus-door.pass-parameters",
            to_words(
                [](Settings & s) -> auto& { return s.prometheus_door.pass_parameters; }, "NAME,..."),
            "further parameters that callers may send on to the store although query.matchers is set");
}

void add_limits(Table& table) {
  table.section("Limits");
  const auto duration = [&](std::string name, Place<Milliseconds> place, Milliseconds min, std::string help) {
    table.add(std::move(name), to_duration(place, min, hours{24}), std::move(help));
  };
  const auto number = [&](std::string name, Place<std::size_t> place, std::uint64_t min, std::string help) {
    table.add(std::move(name), to_integer(place, min, kMany), std::move(help));
  };
  table.add("http.max-header-bytes",
            to_bytes(
                [](Settings & s) -> auto& { return s.http.max_header_bytes; }, kKiB, kKiB* kKiB),
            "longest head of an HTTP request; longer ones get 431");
  number(
      "http.max-headers", [](Settings & s) -> auto& { return s.http.max_headers; }, 1, "most headers of a request");
  duration(
      "http.header-timeout", [](Settings & s) -> auto& { return s.http.header_timeout; }, kMoment,
      "longest time for a request's head to arrive");
  duration(
      "http.idle-timeout", [](Settings & s) -> auto& { return s.http.idle_timeout; }, kMoment,
      "longest time between two requests of a connection");
  duration(
      "http.write-timeout", [](Settings & s) -> auto& { return s.http.write_timeout; }, kMoment,
      "longest time for an answer to be taken");
  number(
      "http.max-connections", [](Settings & s) -> auto& { return s.http.max_connections; }, 1,
      "open HTTP connections; further ones wait");
  table.add("grpc.max-receive-bytes",
            to_bytes(
                [](Settings & s) -> auto& { return s.grpc.max_receive_bytes; }, kKiB, kGiB),
            "largest gRPC request");
  number(
      "grpc.max-streams", [](Settings & s) -> auto& { return s.grpc.max_streams; }, 1,
      "calls at once on one gRPC connection");
  duration(
      "grpc.max-connection-age", [](Settings & s) -> auto& { return s.grpc.max_connection_age; }, Milliseconds{0},
      "after which a gRPC connection is closed gently; 0: never");
  number(
      "store.max-concurrent", [](Settings & s) -> auto& { return s.store.max_concurrent; }, 1,
      "requests to the store at once");
  number(
      "store.max-waiting", [](Settings & s) -> auto& { return s.store.max_waiting; }, 0,
      "requests that wait for their turn at the store; more get 503");
  table.add("store.max-body-bytes",
            to_bytes(
                [](Settings & s) -> auto& { return s.store.max_body_bytes; }, kKiB, 4 * kGiB),
            "largest answer of the store, decompressed");
  table.add("store.max-compressed-bytes",
            to_bytes(
                [](Settings & s) -> auto& { return s.store.max_compressed_bytes; }, kKiB, 4 * kGiB),
            "largest answer of the store as it comes over the network");
  number(
      "store.max-series", [](Settings & s) -> auto& { return s.store.max_series; }, 1,
      "most series in one answer; more get 422");
  table.add("store.max-cells",
            to_integer(
                [](Settings & s) -> auto& { return s.store.max_cells; }, 1, 4 * kGiB),
            "most points of all series in one answer, 8 bytes each; more get 422");
  number(
      "store.max-concurrent-reads", [](Settings & s) -> auto& { return s.store.max_concurrent_reads; }, 1,
      "of the requests to the store at once, those that read raw chunks; Prometheus itself allows 10");
  number(
      "store.max-raw-series", [](Settings & s) -> auto& { return s.store.max_raw_series; }, 1,
      "most series that one question may read as raw chunks; more get 422");
  table.add("store.max-raw-samples",
            to_integer(
                [](Settings & s) -> auto& { return s.store.max_raw_samples; }, 1, 1'000 * kGiB),
            "most samples that one question may read as raw chunks; more get 422");
  table.add("store.max-stream-bytes",
            to_bytes(
                [](Settings & s) -> auto& { return s.store.max_stream_bytes; }, kKiB, 1'000 * kGiB),
            "largest stream of raw chunks; it is decoded while it arrives and never kept");
  duration(
      "store.max-connection-age", [](Settings & s) -> auto& { return s.store.max_connection_age; }, milliseconds{1'000},
      "after which a connection to the store is replaced, so that DNS changes are seen");
}

void add_process(Table& table) {
  table.section("Process");
  table
      .add("config-file",
           to_text(
               [](Settings & s) -> auto& { return s.config_file; }, "FILE"),
           "YAML file with these settings, or a Jaeger v2 configuration as it is")
      .aliases = {"config"};
  Option& level = table.add("log.level",
                            to_word<base::Severity>(
                                [](Settings & s) -> auto& { return s.log.level; },
                                {{"debug", base::Severity::debug},
                                 {"info", base::Severity::info},
                                 {"warning", base::Severity::warning},
                                 {"error", base::Severity::error},
                                 {"warn", base::Severity::warning},
                                 {"dpanic", base::Severity::error},
                                 {"panic", base::Severity::error},
                                 {"fatal", base::Severity::error}},
                                "LEVEL", "not a log level: write debug, info, warning or error"),
                            "least important lines to log: debug, info, warning or error");
  level.aliases = {"log-level"};
  Option& format =
      table.add("log.format",
                to_word<LogFormat>(
                    [](Settings & s) -> auto& { return s.log.format; },
                    {{"logfmt", LogFormat::logfmt}, {"json", LogFormat::json}, {"console", LogFormat::logfmt}},
                    "logfmt|json", "not a log format: write logfmt or json"),
                "form of the log's lines; Jaeger's console means logfmt");
  format.aliases = {"log-encoding"};
  table.add("log.access-file",
            to_text(
                [](Settings & s) -> auto& { return s.log.access_file; }, "FILE"),
            "where access lines go; none: to the log; off: nowhere");
  table.add("threads",
            to_integer(
                [](Settings & s) -> auto& { return s.threads; }, 0, 1'024),
            "threads that work; 0: one for each core");
  table.add("shutdown.grace-time",
            to_duration(
                [](Settings & s) -> auto& { return s.shutdown_grace; }, Milliseconds{0}, kHour),
            "time that requests in flight have to finish after SIGTERM");
}

void add_not_yet(Table& table) {
  table.section("Not supported yet");
  const std::string tls =
      "TLS on this service's own listeners is not supported by this release: write false, and end TLS in the ingress "
      "or a proxy in front";
  const std::vector<std::string> tls_companions = {"cert",        "key",           "client-ca",      "min-version",
                                                   "max-version", "cipher-suites", "reload-interval"};
  table.not_yet("query.http.tls", tls, tls_companions);
  table.not_yet("query.grpc.tls", tls, tls_companions);
  table.not_yet("admin.http.tls", tls, tls_companions);
  table.not_yet("multi-tenancy",
                "tenants are not supported by this release: write false, and check and forward the tenant header in "
                "the ingress, or run one instance a tenant with --store.header",
                {"header", "tenants"});
}

}  // namespace

std::vector<Option> make_option_table() {
  Table table;
  add_doors(table);
  add_query(table);
  add_store(table);
  add_cache(table);
  add_naming(table);
  add_prometheus_door(table);
  add_limits(table);
  add_process(table);
  add_not_yet(table);
  return table.take();
}

}  // namespace spm::config
