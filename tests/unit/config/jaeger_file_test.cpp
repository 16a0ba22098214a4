#include <gmock/gmock.h>

#include "environment_expansion.hpp"
#include "support.hpp"

namespace spm::config {
namespace {

using testing::HasSubstr;

// As Jaeger's users have it: several components, most of them none of our business.
constexpr const char* kWhole = R"(service:
  extensions: [jaeger_storage, jaeger_query, healthcheckv2]
  pipelines:
    traces: {receivers: [otlp], processors: [batch], exporters: [jaeger_storage_exporter, spanmetrics]}
extensions:
  healthcheckv2: {use_v2: true, http: {endpoint: 0.0.0.0:13133}}
  jaeger_query:
    base_path: /jaeger/
    bearer_token_propagation: true
    multi_tenancy: {enabled: false, header: x-tenant, tenants: [a, b]}
    http: {endpoint: 0.0.0.0:16686}
    grpc: {endpoint: 0.0.0.0:16685}
    storage: {traces: some_store, metrics: some_metrics}
    ui: {config_file: ./ui.json}
  jaeger_storage:
    backends:
      some_store: {memory: {max_traces: 100000}}
    metric_backends:
      other_metrics: {prometheus: {endpoint: "http://other:9090"}}
      some_metrics:
        prometheus:
          endpoint: ${env:PROM_URL:-http://prometheus:9090}
          connect_timeout: 12s
          token_file_path: /f
          metric_namespace: span_metrics
          latency_unit: s
          normalize_calls: true
          normalize_duration: false
          extra_query_parameters: {dedup: "true", tenant: $$x}
          tls: {ca_file: /f, server_name_override: prom.example, insecure_skip_verify: false, insecure: true}
receivers: {otlp: {protocols: {grpc: , http: }}}
)";

std::string with_backend(const std::string& backend, const std::string& query = "{}") {
  return "extensions:\n  jaeger_query: " + query + "\n  jaeger_storage: {metric_backends: {m: {prometheus: " + backend +
         "}}}\n";
}

TEST(JaegerFile, IsReadAsItIs) {
  const Loaded loaded = load_file(kWhole);
  EXPECT_EQ(problems(loaded) + warnings(loaded), "");
  const Settings& settings = loaded.settings;
  EXPECT_EQ(settings.store.server_url, "http://prometheus:9090");
  EXPECT_EQ(source_of(loaded, "prometheus.server-url"), "file c.yaml:22");
  EXPECT_EQ(settings.store.connect_timeout, std::chrono::seconds(12));
  EXPECT_EQ(settings.store.token_file, "/f");
  EXPECT_EQ(settings.naming.metric_namespace, "span_metrics");
  EXPECT_EQ(settings.naming.duration_unit, DurationUnit::seconds);
  EXPECT_EQ(settings.naming.normalize_calls, true);
  EXPECT_EQ(settings.naming.normalize_duration, false);
  EXPECT_EQ(settings.store.extra_query_params, (std::vector<Parameter>{{"dedup", "true"}, {"tenant", "$x"}}));
  EXPECT_EQ(settings.store.tls.ca_file, "/f");
  EXPECT_EQ(settings.store.tls.server_name, "prom.example");
  EXPECT_FALSE(settings.store.tls.enabled);
  EXPECT_EQ(settings.http.base_path, "/jaeger");
  EXPECT_TRUE(settings.query.bearer_token_propagation);
  EXPECT_EQ(settings.http.listen.text(), ":16690");
  EXPECT_EQ(settings.grpc.listen.text(), ":16691");
}

TEST(JaegerFile, TokenOverrideIsOffUnlessItSaysOtherwise) {
  const Loaded silent = load_file(with_backend("{endpoint: http://p}"));
  EXPECT_FALSE(silent.settings.store.token_override_from_context);
  EXPECT_EQ(source_of(silent, "prometheus.token-override-from-context"), "file c.yaml (default of Jaeger v2)");
  EXPECT_TRUE(load_file(with_backend("{endpoint: http://p, token_override_from_context: true}"))
                  .settings.store.token_override_from_context);
  EXPECT_TRUE(load_file(with_backend("{endpoint: http://p}"), {{"PROMETHEUS_TOKEN_OVERRIDE_FROM_CONTEXT", "true"}})
                  .settings.store.token_override_from_context);
}

TEST(JaegerFile, EnvironmentAndFlagsWinOverIt) {
  EXPECT_EQ(load_file(kWhole, {{"PROM_URL", "http://from-expansion"}}).settings.store.server_url,
            "http://from-expansion");
  EXPECT_EQ(load_file(kWhole, {{"PROMETHEUS_SERVER_URL", "http://env"}}).settings.store.server_url, "http://env");
}

TEST(JaegerFile, SeveralBackendsNeedAName) {
  const std::string two = "{a: {prometheus: {endpoint: 'http://a'}}, b: {prometheus: {endpoint: 'http://b'}}}";
  EXPECT_THAT(problems(load_file("extensions:\n  jaeger_storage:\n    metric_backends: " + two)),
              HasSubstr("extensions.jaeger_query.storage.metrics names none"));
  EXPECT_EQ(
      load_file("extensions: {jaeger_query: {storage: {metrics: b}}, jaeger_storage: {metric_backends: " + two + "}}")
          .settings.store.server_url,
      "http://b");
  EXPECT_THAT(
      problems(load_file(
          "extensions: {jaeger_query: {storage: {metrics: c}}, jaeger_storage: {metric_backends: " + two + "}}")),
      HasSubstr("'c' is none of extensions.jaeger_storage.metric_backends"));
}

TEST(JaegerFile, AnotherKindOfBackendIsRefused) {
  EXPECT_THAT(problems(load_file("extensions: {jaeger_storage: {metric_backends: {m: {elasticsearch: {}}}}}")),
              HasSubstr("metric_backends.m: is not a prometheus backend"));
}

TEST(JaegerFile, WithoutAStoreNeedsOneFromElsewhere) {
  for (const char* text : {"service: {}", "extensions: {}", "extensions: {jaeger_storage: {backends: {}}}"}) {
    EXPECT_THAT(problems(load_file(text)), HasSubstr("--prometheus.server-url")) << text;
    EXPECT_EQ(problems(load_file(text, {{"PROMETHEUS_SERVER_URL", "http://p"}})), "") << text;
    EXPECT_EQ(problems(load_file(text, {{"METRICS_STORAGE_TYPE", "none"}})), "") << text;
  }
}

TEST(JaegerFile, WhatThisReleaseLacksStopsTheStart) {
  const std::string backend = "{endpoint: 'http://p'}";
  EXPECT_THAT(problems(load_file(with_backend(backend, "{multi_tenancy: {enabled: true}}"))),
              HasSubstr("extensions.jaeger_query.multi_tenancy.enabled: tenants are not supported by this release"));
  EXPECT_THAT(problems(load_file(with_backend(backend, "{header_forwarding: {enabled: true, headers: [x]}}"))),
              HasSubstr("header_forwarding: is not supported by this release"));
  EXPECT_THAT(problems(load_file(with_backend(backend, "{header_forwarding: {allowlist: [x]}}"))),
              HasSubstr("not supported"));
  for (const char* off : {"{multi_tenancy: {enabled: false}}", "{header_forwarding: {enabled: false, headers: [x]}}",
                          "{header_forwarding: }", "{header_forwarding: []}"}) {
    EXPECT_EQ(problems(load_file(with_backend(backend, off))), "") << off;
  }
  EXPECT_THAT(problems(load_file(with_backend("{endpoint: 'http://p', auth: {authenticator: sigv4auth}}"))),
              HasSubstr("authenticators of the collector do not run here: remove it, and use token_file_path"));
}

TEST(JaegerFile, UnreadKeysOfTheBackendAreNamed) {
  EXPECT_THAT(
      warnings(load_file(with_backend("{endpoint: 'http://p', metric_namespce: x}"))),
      HasSubstr("prometheus.metric_namespce is not read by this service; the nearest that is: metric_namespace"));
}

TEST(JaegerFile, SharesPartsThroughAnchorsAndMergeKeys) {
  const Loaded loaded = load_file(R"(
common: &common {endpoint: "http://shared:9090", normalize_calls: true}
extensions:
  jaeger_storage:
    metric_backends: {m: {prometheus: {<<: *common, normalize_calls: false}}}
)");
  EXPECT_EQ(problems(loaded), "");
  EXPECT_EQ(loaded.settings.store.server_url, "http://shared:9090");
  EXPECT_EQ(loaded.settings.naming.normalize_calls, false);
}

TEST(JaegerFile, AVariableThatIsMissingLeavesTheDefaultAndIsNamed) {
  const Loaded loaded = load_file(with_backend("{endpoint: 'http://p', connect_timeout: '${env:NONE}'}"));
  EXPECT_EQ(loaded.settings.store.connect_timeout, std::chrono::seconds(5));
  EXPECT_THAT(warnings(loaded), HasSubstr("environment variable NONE is not set"));
}

std::string expanded(std::string_view text) {
  std::vector<std::string> missing;
  auto result = expand_environment(text, {{"A", "1"}, {"EMPTY", ""}, {"REF", "${env:A}"}}, missing);
  return result ? *result : "error: " + result.error().message;
}

TEST(Expansion, IsTheCollectors) {
  EXPECT_EQ(expanded("x${env:A}y${A}z"), "x1y1z");
  EXPECT_EQ(expanded("${env:NONE:-d}${env:EMPTY:-e}${env:A:-f}"), "de1");
  EXPECT_EQ(expanded("${env:NONE:-http://h:1/}"), "http://h:1/");
  EXPECT_EQ(expanded("${env:NONE:-${env:A}}"), "1");
  EXPECT_EQ(expanded("$$ $${env:A} $A 5$"), "$ ${env:A} $A 5$");
  EXPECT_EQ(expanded("${env:REF}"), "${env:A}");
  EXPECT_EQ(expanded("${env:NONE}"), "");
}

TEST(Expansion, RefusesWhatItCannotDo) {
  for (const char* text : {"${env:A", "${file:/etc/passwd}", "${}", "${env:}", "${1A}", "${env:A B}"}) {
    EXPECT_THAT(expanded(text), testing::StartsWith("error: ")) << text;
  }
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "${N:-";
  EXPECT_THAT(expanded(deep + std::string(100, '}')), HasSubstr("too deeply"));
}

}  // namespace
}  // namespace spm::config
