#include <gmock/gmock.h>

#include "support.hpp"

namespace spm::config {
namespace {

using testing::HasSubstr;

TEST(OwnFile, ReadsNestedSettingsListsAndMaps) {
  const Loaded loaded = load_file(R"(
http:
  host-port: ":1"
  cors: {allowed-origins: ["http://a", "http://b"]}
store:
  header: {X-Scope-OrgID: team, Y: 1}
prometheus:
  query:
    extra-query-params: {dedup: true, "a b": "c,d"}
    normalize-calls: true
http.additional-headers:
  - "A: b, c"
  - D: e
)");
  EXPECT_EQ(problems(loaded) + warnings(loaded), "");
  EXPECT_EQ(loaded.settings.http.listen.text(), ":1");
  EXPECT_EQ(loaded.settings.http.cors_allowed_origins, (std::vector<std::string>{"http://a", "http://b"}));
  EXPECT_EQ(loaded.settings.store.headers, (std::vector<Header>{{"X-Scope-OrgID", "team"}, {"Y", "1"}}));
  EXPECT_EQ(loaded.settings.store.extra_query_params, (std::vector<Parameter>{{"dedup", "true"}, {"a b", "c,d"}}));
  EXPECT_EQ(loaded.settings.http.additional_headers, (std::vector<Header>{{"A", "b, c"}, {"D", "e"}}));
  EXPECT_EQ(loaded.settings.naming.normalize_calls, true);
  EXPECT_EQ(source_of(loaded, "store.header"), "file c.yaml:6");
}

TEST(OwnFile, NamesTheLineAndTheNearestNameOfWhatItDoesNotKnow) {
  EXPECT_EQ(problems(load_file("http:\n  host-prot: ':1'\n")),
            "c.yaml:2: http.host-prot: is not a setting: write http.host-port, or remove it\n");
}

TEST(OwnFile, NamesTheLineOfAWrongType) {
  EXPECT_THAT(problems(load_file("\nthreads: [1]")),
              HasSubstr("c.yaml:2: threads: expects one value (NUMBER), found a list"));
  EXPECT_THAT(problems(load_file("\nthreads: many")), HasSubstr("c.yaml:2: threads: 'many' is not a whole number"));
  EXPECT_THAT(problems(load_file("http: 7")), HasSubstr("c.yaml:1: http: expects settings below it, found a value"));
  EXPECT_THAT(problems(load_file("query: {timeout: 30}")), HasSubstr("a unit is missing"));
  EXPECT_THAT(problems(load_file("[a]: b")), HasSubstr("has a key that is a list"));
  EXPECT_THAT(problems(load_file("- a")), HasSubstr("expects settings by name, found a list"));
  EXPECT_THAT(problems(load_file("store: {header: [[a]]}")), HasSubstr("expects plain values in its list"));
}

TEST(OwnFile, RefusesASettingThatIsThereTwice) {
  EXPECT_THAT(problems(load_file("threads: 1\nthreads: 2")),
              HasSubstr("c.yaml:2: threads: is set twice, first in line 1"));
  EXPECT_THAT(problems(load_file("http.host-port: ':1'\nquery: {http-server: {host-port: ':2'}}")),
              HasSubstr("is set twice"));
}

TEST(OwnFile, CannotNameAnotherFile) {
  EXPECT_THAT(problems(load_file("config-file: d.yaml")), HasSubstr("cannot stand in the file itself"));
}

TEST(OwnFile, MayHoldJaegersOtherSettings) {
  const Loaded loaded = load_file("es: {server-urls: http://user:s3cret@h}\nquery: {ui-config: a.json}\nthreads: 1");
  EXPECT_EQ(problems(loaded), "");
  EXPECT_EQ(warnings(loaded), "c.yaml: settings of Jaeger that mean nothing here are ignored: es, query.ui-config\n");
  EXPECT_EQ(loaded.settings.threads, 1U);
}

TEST(OwnFile, MayBeEmptyButMustBeOneDocumentOfYaml) {
  for (const char* text : {"", "# only a comment\n", "---\n", "~", "{}", "http:\n", "http: {}"}) {
    EXPECT_EQ(problems(load_file(text)), "") << text;
  }
  for (const char* text : {"a: b\n---\nc: d", "a: [", "\"", "\t- x: [", "a: *b", "%YAML 9\n---\na", "\xff\xfe\xff"}) {
    EXPECT_THAT(problems(load_file(text)), HasSubstr("c.yaml")) << text;
  }
  EXPECT_EQ(problems(load_file("store: {header: [\"Authorization: Bearer s3cret]}")).find("s3cret"), std::string::npos);
}

TEST(OwnFile, HostileYamlEndsQuickly) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string self = "a" + std::to_string(i);
    const std::string last = "*a" + std::to_string(i - 1);
    bomb.append(self).append(": &").append(self).append(" [").append(last);
    for (int copy = 0; copy < 3; ++copy) bomb.append(", ").append(last);
    bomb += "]\n";
  }
  EXPECT_NE(problems(load_file(bomb)), "");
  EXPECT_NE(problems(load_file(bomb + "store: {header: *a59}")), "");
  EXPECT_NE(problems(load_file("http: &h {http: *h, x: *h}")), "");
  EXPECT_NE(problems(load_file("store: {header: &h [*h, *h]}")), "");
  EXPECT_NE(problems(load_file(std::string(100'000, '['))), "");
  EXPECT_NE(problems(load_file(std::string(100'000, '{'))), "");
  EXPECT_NE(problems(load_file(std::string(300'000, '#'))), "");
  EXPECT_NE(problems(load_file(", a]\n")), "");  // yaml-cpp's LoadAll never ends on it; found by fuzz_yaml
  EXPECT_NE(problems(load_file("store: {header: [" + std::string(100'000, ',') + "]}")), "");
}

TEST(OwnFile, ThatCannotBeReadIsAProblemOfItsFlagOrVariable) {
  EXPECT_EQ(problems(load({{"config-file", "/none"}}, {}, FakeFiles())), "--config-file: there is no file /none\n");
  EXPECT_EQ(problems(load({}, {{"CONFIG_FILE", "/none"}}, FakeFiles())),
            "environment variable CONFIG_FILE: there is no file /none\n");
}

}  // namespace
}  // namespace spm::config
