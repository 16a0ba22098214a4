// Every row of the option table through every source, and which source wins.
#include <algorithm>

#include <gmock/gmock.h>

#include "support.hpp"

namespace spm::config {
namespace {

/// A valid text for an option that is not its default.
std::string sample(const Option& option) {
  const std::map<std::string, std::string> samples = {
      {"DURATION", "7s"},
      {"NUMBER", "7"},
      {"BYTES", "128KiB"},
      {"HOST:PORT", "127.0.0.2:1234"},
      {"URL", "http://p:1/x"},
      {"PATH", "/base"},
      {"FILE", "/f"},
      {"DIR", "/f"},
      {"NAME", "name"},
      {"TYPE", "none"},
      {"LEVEL", "debug"},
      {"logfmt|json", "json"},
      {"ms|s|us|ns", "s"},
      {"refuse|forward", "forward"},
      {"auto|promql|chunks|whole", "promql"},
      {"aligned|exact|off", "exact"},
      {"MATCHERS", "a=\"b\""},
      {"VALUE,...", "a,b"},
      {"NAME,...", "a,b"},
      {"NAME:VALUE", "A:b"},
      {"NAME=VALUE,...", "a=b"},
      {"ORIGIN,...", "http://o"},
  };
  if (option.shape == Shape::flag) return option.default_text() == "true" ? "false" : "true";
  const auto found = samples.find(option.value_name);
  return found == samples.end() ? "no sample for " + option.value_name : found->second;
}

std::vector<std::string> names_of(const Option& option) {
  std::vector<std::string> names = {option.name};
  names.insert(names.end(), option.aliases.begin(), option.aliases.end());
  return names;
}

std::vector<const Option*> tried_options() {
  std::vector<const Option*> all;
  for (const Option& option : options()) {
    if (option.support == Support::supported) all.push_back(&option);
  }
  return all;
}

using FileMap = std::map<std::string, std::string>;

FakeFiles one_file() { return FakeFiles(FileMap{{"/f", "user:pw\n"}}); }

/// "/f" as the option needs it: an empty configuration, or credentials.
FakeFiles file_for(const Option& option) {
  return FakeFiles(FileMap{{"/f", option.name == "config-file" ? "" : "user:pw"}});
}

/// Loads without the checks of settings against each other: a lone certificate is fine here.
void expect_taken(const Option& option, const Loaded& loaded, const std::string& expected_source) {
  for (const Problem& problem : loaded.problems)
    EXPECT_THAT(problem.message, testing::HasSubstr("without its")) << problem.line();
  Settings expected;
  ASSERT_TRUE(option.apply(expected, split_values(option, sample(option)))) << option.name;
  EXPECT_EQ(option.show(loaded.settings), option.show(expected)) << option.name;
  EXPECT_EQ(loaded.settings.store.server_url, expected.store.server_url);
  EXPECT_EQ(source_of(loaded, option.name), expected_source);
}

TEST(EveryOption, WorksAsAFlag) {
  for (const Option* option : tried_options()) {
    for (const std::string& name : names_of(*option)) {
      SCOPED_TRACE(name);
      const std::string value = sample(*option);
      const Loaded loaded = load({{name, value}}, {}, file_for(*option));
      expect_taken(*option, loaded, "flag --" + name);
    }
  }
}

TEST(EveryOption, WorksInTheEnvironment) {
  for (const Option* option : tried_options()) {
    for (const std::string& name : option->environment) {
      SCOPED_TRACE(name);
      const Loaded loaded = load({}, {{name, sample(*option)}}, file_for(*option));
      expect_taken(*option, loaded, "environment " + name);
      EXPECT_EQ(warnings(loaded).find("not known"), std::string::npos);
    }
  }
}

/// "a: {b: {c: 'value'}}" from "a.b.c".
std::string nested(const std::string& path, const std::string& value) {
  std::string yaml;
  std::string close;
  std::size_t begin = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
    yaml += path.substr(begin, dot - begin) + ": {";
    close += "}";
    begin = dot + 1;
  }
  return yaml + path.substr(begin) + ": '" + value + "'" + close;
}

TEST(EveryOption, WorksInTheFileNestedDottedAndWithUnderscores) {
  for (const Option* option : tried_options()) {
    if (option->name == "config-file") continue;
    for (const std::string& name : names_of(*option)) {
      SCOPED_TRACE(name);
      expect_taken(*option, load_file(nested(name, sample(*option))), "file c.yaml:1");
      expect_taken(*option, load_file("\n" + name + ": '" + sample(*option) + "'"), "file c.yaml:2");
      std::string underscores = name;
      std::ranges::replace(underscores, '-', '_');
      expect_taken(*option, load_file(nested(underscores, sample(*option))), "file c.yaml:1");
    }
  }
}

TEST(EveryOption, HasOneMeaningForEveryName) {
  std::map<std::string, std::string> owners;
  for (const Option& option : options()) {
    for (const std::string& name : names_of(option)) {
      EXPECT_TRUE(owners.emplace("--" + name, option.name).second) << name;
      EXPECT_FALSE(is_foreign_jaeger_flag(name)) << name;
      if (name == "schema") continue;  // text names a schema, a map writes one out
      for (const Option& other : options()) {
        for (const std::string& longer : names_of(other)) {
          EXPECT_FALSE(longer.starts_with(name + ".")) << name << " is a value and holds " << longer;
        }
      }
    }
    for (const std::string& name : option.environment) EXPECT_TRUE(owners.emplace(name, option.name).second) << name;
    EXPECT_FALSE(option.help.empty()) << option.name;
    EXPECT_EQ(option.help.find('\n'), std::string::npos) << option.name;
  }
}

TEST(EveryOption, ShowsItsDefaultAsItIsRead) {
  for (const Option* option : tried_options()) {
    const std::string text = option->default_text();
    if (text.empty()) continue;
    Settings settings;
    ASSERT_TRUE(option->apply(settings, {text})) << option->name;
    EXPECT_EQ(option->show(settings).value_or(""), text) << option->name;
  }
}

TEST(Names, OfJaegerUsersAllExist) {
  for (const char* name : {"METRICS_STORAGE_TYPE",
                           "PROMETHEUS_HOST_PORT",
                           "PROMETHEUS_SERVER_URL",
                           "PROMETHEUS_CONNECT_TIMEOUT",
                           "PROMETHEUS_TLS_ENABLED",
                           "PROMETHEUS_TLS_CA",
                           "PROMETHEUS_TLS_CERT",
                           "PROMETHEUS_TLS_KEY",
                           "PROMETHEUS_TLS_SERVER_NAME",
                           "PROMETHEUS_TLS_SKIP_HOST_VERIFY",
                           "PROMETHEUS_TOKEN_FILE",
                           "PROMETHEUS_TOKEN_OVERRIDE_FROM_CONTEXT",
                           "PROMETHEUS_QUERY_SUPPORT_SPANMETRICS_CONNECTOR",
                           "PROMETHEUS_QUERY_NAMESPACE",
                           "PROMETHEUS_QUERY_DURATION_UNIT",
                           "PROMETHEUS_QUERY_NORMALIZE_CALLS",
                           "PROMETHEUS_QUERY_NORMALIZE_DURATION",
                           "PROMETHEUS_QUERY_EXTRA_QUERY_PARAMS",
                           "QUERY_BASE_PATH",
                           "QUERY_BEARER_TOKEN_PROPAGATION",
                           "QUERY_HTTP_SERVER_HOST_PORT",
                           "QUERY_GRPC_SERVER_HOST_PORT",
                           "ADMIN_HTTP_HOST_PORT",
                           "LOG_LEVEL",
                           "LOG_ENCODING",
                           "QUERY_ADDITIONAL_HEADERS",
                           "MULTI_TENANCY_ENABLED",
                           "QUERY_HTTP_TLS_ENABLED",
                           "QUERY_GRPC_TLS_CERT",
                           "ADMIN_HTTP_TLS_CLIENT_CA",
                           "QUERY_HTTP_TLS_CIPHER_SUITES"}) {
    const bool known = std::ranges::any_of(options(), [&](const Option& option) {
      return std::ranges::find(option.environment, name) != option.environment.end();
    });
    EXPECT_TRUE(known) << name;
  }
}

TEST(Precedence, FlagsThenEnvironmentThenFileThenDefault) {
  const std::string yaml = "threads: 1";
  EXPECT_EQ(load({}, {}, one_file()).settings.threads, 0U);
  EXPECT_EQ(load_file(yaml).settings.threads, 1U);
  EXPECT_EQ(load_file(yaml, {{"THREADS", "2"}}).settings.threads, 2U);
  const Loaded all = load_file(yaml, {{"THREADS", "2"}}, {{"threads", "3"}});
  EXPECT_EQ(all.settings.threads, 3U);
  EXPECT_EQ(source_of(all, "threads"), "flag --threads");
}

TEST(Precedence, AnOverriddenValueIsNotLookedAt) {
  EXPECT_EQ(problems(load_file("threads: many", {{"THREADS", "lots"}}, {{"threads", "3"}})), "");
}

TEST(Precedence, TheLastOfRepeatedFlagsCountsAndListsAddUp) {
  const Loaded loaded = load({{"threads", "1"},
                              {"threads", "2"},
                              {"store.header", "A:1"},
                              {"store.header", "B:2,C:3"},
                              {"query.additional-headers", "D: 4,E: 5"},
                              {"prometheus.query.extra-query-params", "a=1,b=2"},
                              {"prometheus.query.extra-query-params", "a=3"}},
                             {{"STORE_HEADER", "Z:9"}}, one_file());
  EXPECT_EQ(problems(loaded), "");
  EXPECT_EQ(loaded.settings.threads, 2U);
  EXPECT_EQ(loaded.settings.store.headers, (std::vector<Header>{{"A", "1"}, {"B", "2,C:3"}}));
  EXPECT_EQ(loaded.settings.http.additional_headers, (std::vector<Header>{{"D", "4"}, {"E", "5"}}));
  EXPECT_EQ(loaded.settings.store.extra_query_params, (std::vector<Parameter>{{"a", "1"}, {"b", "2"}, {"a", "3"}}));
}

TEST(Precedence, AnEmptyVariableIsUnsetAnEmptyNamespaceFlagIsNot) {
  EXPECT_EQ(load({}, {{"PROMETHEUS_QUERY_NAMESPACE", ""}}, one_file()).settings.naming.metric_namespace, std::nullopt);
  EXPECT_EQ(load({{"prometheus.query.namespace", ""}}, {}, one_file()).settings.naming.metric_namespace, "");
  EXPECT_EQ(load_file("prometheus: {query: {namespace: ''}}").settings.naming.metric_namespace, "");
  EXPECT_EQ(load_file("prometheus: {query: {namespace: }}").settings.naming.metric_namespace, std::nullopt);
  for (const Option& option : options()) {
    if (option.never_empty) continue;
    for (const std::string& name : option.environment) {
      const Loaded loaded = load({}, {{name, ""}}, one_file());
      EXPECT_EQ(problems(loaded) + warnings(loaded), "") << name;
      EXPECT_TRUE(loaded.sources.empty()) << name;
    }
  }
}

TEST(StoreAddress, TheOlderHostPortCountsOnlyWithoutAUrl) {
  const Loaded alone = load({}, {{"PROMETHEUS_HOST_PORT", "prom:9091"}}, one_file());
  EXPECT_EQ(alone.settings.store.server_url, "http://prom:9091");
  EXPECT_EQ(source_of(alone, "prometheus.server-url"), "environment PROMETHEUS_HOST_PORT");
  const Loaded both =
      load({{"prometheus.host-port", "prom:1"}}, {{"PROMETHEUS_SERVER_URL", "http://new:9090"}}, one_file());
  EXPECT_EQ(both.settings.store.server_url, "http://new:9090");
  EXPECT_THAT(warnings(both), testing::HasSubstr("--prometheus.host-port: is ignored"));
}

TEST(NotYet, SwitchesMayBeOffButNotOn) {
  for (const Option& option : options()) {
    if (option.support == Support::supported) continue;
    const std::string value = option.support == Support::only_off ? "false" : "anything";
    const Loaded off = load({{option.name, value}}, {}, one_file());
    EXPECT_EQ(problems(off) + warnings(off), "") << option.name;
    if (option.support == Support::companion) continue;
    const Loaded on = load({}, {{option.environment.front(), "true"}}, one_file());
    EXPECT_THAT(problems(on), testing::HasSubstr("not supported by this release")) << option.name;
    EXPECT_THAT(problems(on), testing::HasSubstr(option.environment.front())) << option.name;
  }
}

TEST(StorageType, IsPrometheusOrNone) {
  EXPECT_EQ(load({}, {{"METRICS_STORAGE_TYPE", "prometheus"}}, one_file()).settings.store.storage,
            MetricsStorage::prometheus);
  EXPECT_EQ(load({}, {{"METRICS_STORAGE_TYPE", "none"}}, one_file()).settings.store.storage, MetricsStorage::none);
  EXPECT_EQ(problems(load({}, {{"METRICS_STORAGE_TYPE", "elasticsearch"}}, one_file())),
            "environment variable METRICS_STORAGE_TYPE: 'elasticsearch' is not a metrics store that this service can "
            "read: write prometheus, or none to answer every metrics request with 501\n");
}

}  // namespace
}  // namespace spm::config
