#include <string>

#include <gtest/gtest.h>

#include <spm/promql/parser.hpp>

#include "verdicts.hpp"

namespace spm::promql {
namespace {

ExprPtr tree_of(std::string_view text) {
  auto tree = parse(text);
  EXPECT_TRUE(tree) << text << ": " << (tree ? "" : tree.error().reason);
  return tree ? std::move(*tree) : nullptr;
}

/// Prints with every operator in parentheses, so that grouping shows.
std::string grouped(const Expr& expr) {
  if (const auto* binary = expr.as<Binary>()) return "(" + grouped(*binary->left) + "," + grouped(*binary->right) + ")";
  if (const auto* unary = expr.as<Unary>()) return "[" + grouped(*unary->of) + "]";
  return print(expr);
}

TEST(Parser, TakesWhatPrometheusTakes) {
  for (const std::string_view text : testing::kTakenByPrometheus) {
    const auto tree = parse(text);
    EXPECT_TRUE(tree) << text << "\n" << (tree ? "" : tree.error().reason);
  }
}

TEST(Parser, RefusesWhatPrometheusRefuses) {
  for (const std::string_view text : testing::kRefusedByPrometheus) {
    const auto tree = parse(text);
    EXPECT_FALSE(tree) << text << " became " << (tree ? print(**tree) : "");
    if (tree) continue;
    EXPECT_LE(tree.error().offset, text.size()) << text;
    EXPECT_FALSE(tree.error().reason.empty()) << text;
  }
}

TEST(Parser, IsMoreLenientOnlyWhereItSaysSo) {
  for (const std::string_view text : testing::kTakenOnlyHere) EXPECT_TRUE(parse(text)) << text;
}

TEST(Printer, GivesTheSameTreeAgain) {
  for (const std::string_view text : testing::kTakenByPrometheus) {
    const ExprPtr tree = tree_of(text);
    if (!tree) continue;
    const std::string printed = print(*tree);
    const auto again = parse(printed);
    ASSERT_TRUE(again) << text << " -> " << printed << ": " << again.error().reason;
    EXPECT_TRUE(same_tree(*tree, **again)) << text << " -> " << printed;
    EXPECT_EQ(print(**again), printed);
  }
}

TEST(Parser, GroupsOperatorsAsPrometheusDoes) {
  const auto groups = [](std::string_view text) { return grouped(*tree_of(text)); };
  EXPECT_EQ(groups("a - b - c"), "((a,b),c)");
  EXPECT_EQ(groups("a ^ b ^ c"), "(a,(b,c))");
  EXPECT_EQ(groups("a + b * c ^ d"), "(a,(b,(c,d)))");
  EXPECT_EQ(groups("a * b + c"), "((a,b),c)");
  EXPECT_EQ(groups("a or b and c"), "(a,(b,c))");
  EXPECT_EQ(groups("a and b or c"), "((a,b),c)");
  EXPECT_EQ(groups("a unless b and c"), "((a,b),c)");
  EXPECT_EQ(groups("a == b + c"), "(a,(b,c))");
  EXPECT_EQ(groups("a % b atan2 c"), "((a,b),c)");
  EXPECT_EQ(groups("-a ^ b"), "[(a,b)]");
  EXPECT_EQ(groups("-a * b"), "([a],b)");
  EXPECT_EQ(groups("a ^ -b * c"), "((a,[b]),c)");
  EXPECT_EQ(groups("a ^ -b ^ c"), "(a,[(b,c)])");
}

TEST(Parser, ReadsASelectorWithEverything) {
  const ExprPtr tree = tree_of(R"(x{a="1",b!='2',c=~`3\.`,d!~"4\n"}[1h30m] @ -12.5 offset -5m)");
  const auto* selector = tree->as<Selector>();
  ASSERT_NE(selector, nullptr);
  EXPECT_EQ(selector->name, "x");
  const std::vector<Matcher> matchers = {{"a", MatchOp::equal, "1"},
                                         {"b", MatchOp::not_equal, "2"},
                                         {"c", MatchOp::regex, "3\\."},
                                         {"d", MatchOp::not_regex, "4\n"}};
  EXPECT_EQ(selector->matchers, matchers);
  EXPECT_EQ(selector->range_ms, 5'400'000);
  EXPECT_EQ(selector->modifiers.offset_ms, -300'000);
  EXPECT_EQ(selector->modifiers.at, (At{At::Kind::time, -12.5}));
  EXPECT_EQ(type_of(*tree), ValueType::range_vector);
}

TEST(Parser, ReadsQuotedNames) {
  const ExprPtr tree = tree_of(R"(sum by ("service.name", le) ({"a.b", "service.name"="x"}))");
  const auto* sum = tree->as<Aggregation>();
  ASSERT_NE(sum, nullptr);
  EXPECT_EQ(sum->grouping, (Grouping{false, {"service.name", "le"}}));
  const auto* selector = sum->of->as<Selector>();
  ASSERT_NE(selector, nullptr);
  EXPECT_EQ(selector->name, "a.b");
  EXPECT_EQ(selector->matchers, (std::vector<Matcher>{{"service.name", MatchOp::equal, "x"}}));
  EXPECT_FALSE(parse(R"(x{"a.b"})"));
  EXPECT_FALSE(parse(R"({"a","b"})"));
  EXPECT_FALSE(parse(R"({""})"));
  EXPECT_FALSE(parse("{a\\.b=\"x\"}"));
  EXPECT_TRUE(parse("{a\\.b=\"x\"}", Dialect::victoria_metrics));
}

TEST(Parser, KeepsMatchingAndGrouping) {
  const ExprPtr tree = tree_of("a / on (x, y) group_left (z) (b)");
  const auto* binary = tree->as<Binary>();
  ASSERT_NE(binary, nullptr);
  EXPECT_EQ(binary->matching, (VectorMatching{true, {"x", "y"}, MatchCardinality::group_left, {"z"}}));
  EXPECT_NE(tree_of("sum(x)")->as<Aggregation>()->grouping, tree_of("sum by () (x)")->as<Aggregation>()->grouping);
}

TEST(Parser, RemembersWhereThingsStood) {
  const std::string text = "  sum(rate(x{a=\"b\"}[5m]  offset 1m)) by (c) / y";
  const ExprPtr tree = tree_of(text);
  const auto piece = [&](const Expr& expr) { return text.substr(expr.range.begin, expr.range.end - expr.range.begin); };
  EXPECT_EQ(piece(*tree), text.substr(2));
  EXPECT_EQ(piece(*tree->as<Binary>()->left), "sum(rate(x{a=\"b\"}[5m]  offset 1m)) by (c)");
  const auto found = selectors(*tree);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(piece(*found[0]), "x{a=\"b\"}[5m]  offset 1m");
  EXPECT_EQ(piece(*found[1]), "y");
}

TEST(Parser, SaysWhereAndWhy) {
  const auto error_of = [](std::string_view text) {
    const auto tree = parse(text);
    return tree ? std::string("none") : std::to_string(tree.error().offset) + ": " + tree.error().reason;
  };
  EXPECT_EQ(error_of("sum(x"), "5: the text ends where ',' or ')' is needed");
  EXPECT_EQ(error_of("x[5]"), "2: not a duration; write for example 5m or 1h30m, more than 0");
  EXPECT_EQ(error_of("x + {}"), "4: a selector needs a name, or a matcher that does not match the empty string");
  EXPECT_EQ(error_of("x{a=~\"(\"}"), "0: not a regular expression: a '(' without its ')'");
  const LineColumn place = line_column("a\nbc\n de", 6);
  EXPECT_EQ(place.line, 3U);
  EXPECT_EQ(place.column, 2U);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Parser, BoundsDepthWhateverNests) {
  const std::string closing = repeated(")", 100'000);
  for (const std::string_view nest : {"(", "-", "sum(", "f(", "a^", "a+", "a or ", "sum(x) + ("}) {
    const std::string text = repeated(nest, 100'000) + "x";
    const auto tree = parse(text);
    ASSERT_FALSE(tree) << nest;
    EXPECT_EQ(tree.error().reason, "nested too deeply") << nest;
  }
  EXPECT_FALSE(parse("x" + repeated("[1h:1m]", 100'000)));
  EXPECT_FALSE(parse("x" + repeated(" + x", 100'000)));
  EXPECT_TRUE(parse(repeated("(", 150) + "x" + repeated(")", 150)));
  EXPECT_TRUE(parse("x" + repeated(" + x", 150)));
  EXPECT_FALSE(parse(std::string(kMaxTextBytes + 1, ' ')));
  // A pattern that nests deeply is judged without recursing deeply.
  EXPECT_TRUE(parse("x{a=~\"" + repeated("(", 50'000) + repeated(")", 50'000) + "\"}"));
}

TEST(SameTree, SeesEveryDifference) {
  const std::vector<std::string> texts = {"1",
                                          "2",
                                          "NaN",
                                          "\"1\"",
                                          "x",
                                          "y",
                                          "x{a=\"b\"}",
                                          "x{a!=\"b\"}",
                                          "x{b=\"b\"}",
                                          "x[1m]",
                                          "x[2m]",
                                          "x[1m:]",
                                          "x[1m:1s]",
                                          "x offset 1m",
                                          "x offset -1m",
                                          "x @ 1",
                                          "x @ 2",
                                          "x @ start()",
                                          "x @ end()",
                                          "f(x)",
                                          "g(x)",
                                          "f(x,x)",
                                          "sum(x)",
                                          "min(x)",
                                          "sum by () (x)",
                                          "sum without () (x)",
                                          "sum by (a) (x)",
                                          "topk(1,x)",
                                          "topk(2,x)",
                                          "-x",
                                          "+x",
                                          "x+x",
                                          "x-x",
                                          "x==x",
                                          "x==bool x",
                                          "x+on()x",
                                          "x+ignoring()x",
                                          "x+on(a)x",
                                          "x+on(a)group_left x",
                                          "x+on(a)group_left(b) x",
                                          "x+on(a)group_right x",
                                          "(x)",
                                          "((x))"};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    for (std::size_t j = 0; j < texts.size(); ++j) {
      EXPECT_EQ(same_tree(*tree_of(texts[i]), *tree_of(texts[j])), i == j) << texts[i] << " and " << texts[j];
    }
  }
}

}  // namespace
}  // namespace spm::promql
