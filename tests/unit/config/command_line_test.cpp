#include <gmock/gmock.h>

#include <spm/cli/command_line.hpp>

#include "support.hpp"

namespace spm::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Outcome run(const std::vector<const char*>& arguments, const config::Environment& environment = {},
            const std::map<std::string, std::string>& files = {}) {
  return parse_invocation(arguments, environment, config::FakeFiles(files));
}

TEST(CommandLine, ServesByDefaultAndLeavesWarningsToTheLog) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"--threads=3"}, {"serve", "--threads", "3"}, {"--threads=3", "serve"}}) {
    const Outcome outcome = run(arguments, {{"PROMETHEUS_X", "1"}});
    EXPECT_EQ(outcome.command, Command::serve);
    EXPECT_EQ(outcome.exit_code, std::nullopt);
    EXPECT_EQ(outcome.err, "");
    EXPECT_EQ(outcome.configuration.settings.threads, 3U);
    EXPECT_EQ(outcome.configuration.warnings.size(), 1U);
  }
}

TEST(CommandLine, BooleansAreWrittenAsGoDoes) {
  const auto propagation = [](const std::vector<const char*>& arguments) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.err, "");
    return outcome.configuration.settings.query.bearer_token_propagation;
  };
  EXPECT_TRUE(propagation({"--query.bearer-token-propagation"}));
  EXPECT_TRUE(propagation({"--query.bearer-token-propagation", "serve"}));
  EXPECT_TRUE(propagation({"--query.bearer-token-propagation=T"}));
  EXPECT_FALSE(propagation({"--query.bearer-token-propagation=false"}));
  EXPECT_FALSE(propagation({"--query.bearer-token-propagation", "--query.bearer-token-propagation=0"}));
  for (const char* wrong : {"--query.bearer-token-propagation=yes", "--query.bearer-token-propagation="}) {
    EXPECT_THAT(run({wrong}).err, HasSubstr("write true or false")) << wrong;
  }
}

TEST(CommandLine, EmptyValuesAreKept) {
  const Outcome outcome = run({"--prometheus.query.namespace=", "--threads=2"});
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.configuration.settings.naming.metric_namespace, "");
  EXPECT_EQ(outcome.configuration.settings.threads, 2U);
}

TEST(CommandLine, TheLastOfTwoNamesOfOneFlagCounts) {
  EXPECT_EQ(run({"--http.host-port=:1", "--query.http-server.host-port=:2"}).configuration.settings.http.listen.port,
            2);
  EXPECT_EQ(run({"--query.http-server.host-port=:2", "--http.host-port=:1"}).configuration.settings.http.listen.port,
            1);
}

TEST(CommandLine, ValuesReachTheSettingsUntouched) {
  const Outcome outcome = run({"--store.header=A:[x,y]", "--store.header", "B:{}", "--store.header=C:=%%,\"'"});
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.configuration.settings.store.headers,
            (std::vector<config::Header>{{"A", "[x,y]"}, {"B", "{}"}, {"C", "=%%,\"'"}}));
}

TEST(CommandLine, MistakesGiveOneLineEachAndExitTwo) {
  const std::vector<std::pair<std::vector<const char*>, std::string>> mistakes = {
      {{"--http.hostport=:1"}, "--http.hostport: is not a flag: write --http.host-port, or remove it\n"},
      {{"-threads=1"}, "-threads: is not a flag: write --threads, or remove it\n"},
      {{"--threads"}, "--threads: has no value: write one behind it\n"},
      {{"--query.timeout=30"},
       "--query.timeout: '30' is not a duration: a unit is missing, write for example 30s, 1m30s or 500ms\n"},
      {{"--prometheus.server-url=prometheus"},
       "--prometheus.server-url: 'prometheus' is a relative URL, it has no scheme: write for example "
       "http://prometheus:9090\n"},
      {{"--prometheus.token-file=/none"}, "--prometheus.token-file: there is no file /none\n"},
      {{"sevre"}, "sevre: is not a command: write serve, doctor, check-config, print-config, version or help\n"},
      {{"serve", "serve"}, "serve: is a second command: write one only\n"},
  };
  for (const auto& [arguments, expected] : mistakes) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.err, expected);
    EXPECT_EQ(outcome.exit_code, kExitUsage);
  }
}

TEST(CommandLine, JaegersOtherFlagsGetOneWarning) {
  const Outcome outcome =
      run({"--query.ui-config=/x.json", "--es.server-urls", "http://user:s3cret@h", "--es.tls.enabled", "check-config",
           "--memory.max-traces=1", "--span-storage.type", "memory"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err,
            "warning: flags of Jaeger that mean nothing here are ignored: --query.ui-config, --es.server-urls, "
            "--es.tls.enabled, --memory.max-traces, --span-storage.type\n");
}

TEST(CheckConfig, ExitsWithZeroOrOne) {
  EXPECT_EQ(run({"check-config"}).exit_code, 0);
  for (const std::vector<const char*>& arguments : {std::vector<const char*>{"check-config", "--threads=x"},
                                                    {"check-config", "--nope"},
                                                    {"check-config", "--threads"}}) {
    const Outcome outcome = run(arguments);
    if (outcome.command != Command::check_config) continue;  // the form itself could not be read
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, testing::AnyOf(HasSubstr("write"), HasSubstr("remove it")));
  }
}

TEST(PrintConfig, ShowsEverySettingAndItsSourceWithoutSecrets) {
  const Outcome outcome =
      run({"print-config", "--prometheus.server-url=http://u5er:s3cret@prom:9090/x", "--store.header=X-Key:s3cret"},
          {{"PROMETHEUS_QUERY_EXTRA_QUERY_PARAMS", "token=s3cret,x=s3cret"}, {"CONFIG_FILE", "c.yaml"}},
          {{"c.yaml", "\nthreads: 5"}});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, Not(HasSubstr("s3cret")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("u5er")));
  EXPECT_THAT(outcome.out, testing::ContainsRegex(
                               "prometheus.server-url +http://REDACTED@prom:9090/x +flag --prometheus.server-url\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("store.header +X-Key:REDACTED +flag --store.header\n"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("extra-query-params +token=REDACTED, x=REDACTED +environment PROM"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("threads +5 +file c.yaml:2\n"));
  for (const config::Option& option : config::options()) {
    if (option.support != config::Support::supported) continue;
    EXPECT_THAT(outcome.out, HasSubstr("\n" + option.name + " "));
  }
}

TEST(Secrets, StandInNoMessage) {
  for (const char* wrong :
       {"--prometheus.server-url=http://u:s3cret@h?x", "--prometheus.server-url=u:s3cret@h",
        "--prometheus.server-url=ftp://s3cret@h", "--prometheus.server-url=http://u:s3cret@localhost:16690",
        "--store.header=s3cret", "--store.header=Host:s3cret", "--store.header=a b:s3cret",
        "--prometheus.query.extra-query-params=s3cret", "--prometheus.query.extra-query-params=query=s3cret",
        "--store.headr=s3cret", "--prometheus.server-url=http://u:s3 s3cret@h"}) {
    const Outcome outcome = run({wrong});
    EXPECT_EQ(outcome.exit_code, kExitUsage) << wrong;
    EXPECT_THAT(outcome.err, Not(HasSubstr("s3cret"))) << wrong;
    EXPECT_NE(outcome.err, "") << wrong;
  }
}

TEST(Help, NamesEverySupportedFlag) {
  for (const std::vector<const char*>& arguments :
       {std::vector<const char*>{"--help"}, {"-h"}, {"help"}, {"serve", "--help"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.command, Command::help);
    EXPECT_EQ(outcome.exit_code, 0);
    for (const config::Option& option : config::options()) {
      if (option.support != config::Support::supported) continue;
      EXPECT_THAT(outcome.out, HasSubstr("--" + option.name));
    }
    EXPECT_THAT(outcome.out, HasSubstr("check-config"));
  }
}

TEST(Version, NamesTheProgram) {
  for (const char* argument : {"version", "--version"}) {
    const Outcome outcome = run({argument, "--threads=x"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, testing::StartsWith("jaeger-spm-proxy "));
  }
}

}  // namespace
}  // namespace spm::cli
