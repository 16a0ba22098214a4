#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/promql/add_matchers.hpp>
#include <spm/promql/matchers_text.hpp>
#include <spm/promql/parser.hpp>

namespace spm::promql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(MatchersText, IsReadWithAndWithoutBraces) {
  const Matcher tenant{"tenant", MatchOp::equal, "a"};
  const Matcher cluster{"cluster", MatchOp::regex, "x|y"};
  for (const char* text : {R"(tenant="a",cluster=~"x|y")", R"({tenant="a",cluster=~"x|y"})",
                           R"( { tenant = "a" , cluster =~ 'x|y' , } )", "tenant=`a`,\ncluster=~\"x\\x7cy\""}) {
    const auto matchers = parse_matchers(text);
    ASSERT_TRUE(matchers) << text << ": " << matchers.error().message;
    EXPECT_THAT(*matchers, ElementsAre(tenant, cluster)) << text;
  }
  const auto odd = parse_matchers(R"("service.name"!="",by!~"a\"}",x="é")");
  ASSERT_TRUE(odd) << odd.error().message;
  EXPECT_THAT(*odd, ElementsAre(Matcher{"service.name", MatchOp::not_equal, ""},
                                Matcher{"by", MatchOp::not_regex, "a\"}"}, Matcher{"x", MatchOp::equal, "é"}));
}

TEST(MatchersText, ErrorsSayWhatWhereAndWhatToWrite) {
  struct Row {
    const char* text;
    const char* place;
    const char* what;
  };
  for (const Row& row : {
           Row{"", "character 1:", "no matcher"},
           Row{"{}", "character 2:", "no matcher"},
           Row{"tenant", "character 7:", "=, !=, =~ or !~"},
           Row{"tenant=", "character 8:", "a value in quotation marks"},
           Row{"tenant=a", "character 8:", "a value in quotation marks"},
           Row{"  tenant=a", "character 10:", "a value in quotation marks"},
           Row{" {tenant=a}", "character 10:", "a value in quotation marks"},
           Row{R"(tenant="a)", "character 8:", ""},
           Row{R"(tenant="a" cluster="b")", "character 12:", "a comma"},
           Row{R"(,tenant="a")", "character 1:", "a label name"},
           Row{R"(tenant="a",,b="c")", "character 12:", "a label name"},
           Row{R"(tenant="a"} or up{b="c")", "character 13:", "nothing may follow"},
           Row{R"({tenant="a"} offset 5m)", "character 14:", "nothing may follow"},
           Row{R"({tenant="a"},b="c")", "character 13:", "nothing may follow"},
           Row{R"(up{tenant="a"})", "character 3:", "a brace"},
           Row{R"({tenant="a")", "character 12:", "brace that is not closed"},
           Row{R"(__name__="up",a="b")", "character 1:", "__name__"},
           Row{R"(a="b",__name__=~"u.*")", "character 7:", "__name__"},
           Row{R"(a="b","up")", "character 7:", "a metric name"},
           Row{R"(a=~"(x")", "character 4:", "not a regular expression"},
           Row{R"(a="b",c!~"*")", "character 10:", "not a regular expression"},
           Row{R"(""="b")", "character 1:", "a label name"},
           Row{R"(a="\xff")", "character 3:", "not UTF-8"},
       }) {
    const auto matchers = parse_matchers(row.text);
    ASSERT_FALSE(matchers) << row.text;
    EXPECT_EQ(matchers.error().kind, base::ErrorKind::invalid_argument);
    EXPECT_THAT(matchers.error().message, HasSubstr(row.place)) << row.text;
    EXPECT_THAT(matchers.error().message, HasSubstr(row.what)) << row.text;
    EXPECT_THAT(matchers.error().message, HasSubstr("write for example tenant=\"a\"")) << row.text;
  }
}

TEST(AddMatchers, GoIntoEverySelectorOnce) {
  const std::vector<Matcher> both = {{"tenant", MatchOp::equal, "a"}, {"c", MatchOp::not_equal, ""}};
  auto tree = parse(R"(quantile(scalar(q), x{tenant="a"}) / -(max_over_time(y{tenant="b"}[5m:1m]) + {c="1"}))");
  ASSERT_TRUE(tree);
  add_matchers(**tree, both);
  EXPECT_EQ(print(**tree), R"(quantile(scalar(q{tenant="a",c!=""}), x{tenant="a",c!=""}) / )"
                           R"(-(max_over_time(y{tenant="b",tenant="a",c!=""}[5m:1m]) + {c="1",tenant="a",c!=""}))");
  const std::string once = print(**tree);
  add_matchers(**tree, both);
  EXPECT_EQ(print(**tree), once);
}

TEST(AddMatchers, MakeASelectorThatPrometheusTakes) {
  const std::vector<Matcher> tenant = {{"tenant.id", MatchOp::equal, "a"}};
  EXPECT_EQ(selector_of(tenant, Dialect::prometheus), R"({"tenant.id"="a"})");
  EXPECT_EQ(selector_of(tenant, Dialect::victoria_metrics), R"({tenant\.id="a"})");
  const std::vector<Matcher> loose = {{"tenant", MatchOp::equal, ""}, {"c", MatchOp::regex, "x?"}};
  EXPECT_EQ(selector_of(loose, Dialect::prometheus), R"({tenant="",c=~"x?",__name__!=""})");
  EXPECT_EQ(selector_of({}, Dialect::prometheus), R"({__name__!=""})");
}

}  // namespace
}  // namespace spm::promql
