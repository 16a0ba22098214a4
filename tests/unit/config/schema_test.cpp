#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support.hpp"

namespace spm::config {
namespace {

TEST(Schema, CanBeNamed) {
  EXPECT_EQ(load({{"schema", "tempo"}}, {}, FakeFiles()).settings.schema.name, "tempo");
  const FakeFiles named(std::map<std::string, std::string>{{"/f", "schema: tempo\n"}});
  EXPECT_EQ(load({{"config-file", "/f"}}, {}, named).settings.schema.name, "tempo");
}

TEST(Schema, CanBeWrittenOutInTheFile) {
  const FakeFiles files(
      std::map<std::string, std::string>{{"/f",
                                          "schema:\n  calls: my.calls\n  histogram: my.duration\n  service-label: svc\n"
                                          "  error_values: [bad, worse]\n"}});
  const Loaded loaded = load({{"config-file", "/f"}}, {}, files);
  ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().line();
  EXPECT_EQ(loaded.settings.schema.calls, "my.calls");
  EXPECT_EQ(loaded.settings.schema.histogram, "my.duration");
  EXPECT_EQ(loaded.settings.schema.service_label, "svc");
  EXPECT_THAT(loaded.settings.schema.error_values, testing::ElementsAre("bad", "worse"));
}

TEST(Schema, IsNamedOrWrittenOutAndNotBoth) {
  const Loaded both = load({{"schema", "tempo"}, {"schema.calls", "c"}}, {}, FakeFiles());
  ASSERT_EQ(both.problems.size(), 1U);
  EXPECT_THAT(both.problems.front().line(), testing::HasSubstr("keep one of them"));
  const Loaded half = load({{"schema.kind-label", "k"}}, {}, FakeFiles());
  ASSERT_EQ(half.problems.size(), 1U);
  EXPECT_THAT(half.problems.front().line(),
              testing::AllOf(testing::HasSubstr("schema.kind-label"), testing::HasSubstr("write schema.calls")));
}

TEST(PrometheusDoor, ForwardsNothingPastEnforcedMatchers) {
  const Loaded loaded =
      load({{"prometheus-door.other-queries", "forward"}, {"query.matchers", "a=\"b\""}}, {}, FakeFiles());
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_THAT(loaded.problems.front().line(), testing::HasSubstr("without the matchers"));
}

TEST(QueryMatchers, FailClosedWhereTheyAreGivenEmpty) {
  for (const std::string& yaml : {std::string("query:\n  matchers: ''\n"), std::string("query: {matchers: }\n")}) {
    EXPECT_THAT(problems(load_file(yaml)), testing::HasSubstr("enforces nothing")) << yaml;
  }
  EXPECT_THAT(problems(load({{"query.matchers", ""}}, {}, FakeFiles())), testing::HasSubstr("enforces nothing"));
  EXPECT_THAT(problems(load({}, {{"QUERY_MATCHERS", ""}}, FakeFiles())), testing::HasSubstr("enforces nothing"));
  EXPECT_EQ(problems(load({}, {{"QUERY_MATCHERS", "a=\"b\""}}, FakeFiles())), "");
}

TEST(DurationUnit, TakesEveryUnitThatStoresHave) {
  using Unit = DurationUnit;
  for (const auto& [text, unit] : {std::pair("ms", Unit::milliseconds), std::pair("s", Unit::seconds),
                                   std::pair("us", Unit::microseconds), std::pair("ns", Unit::nanoseconds)}) {
    EXPECT_EQ(load({{"prometheus.query.duration-unit", text}}, {}, FakeFiles()).settings.naming.duration_unit, unit);
  }
  EXPECT_EQ(load({{"prometheus.query.duration-unit", "m"}}, {}, FakeFiles()).problems.size(), 1U);
}

}  // namespace
}  // namespace spm::config
