#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include <spm/promql/parser.hpp>
#include <spm/promql/text.hpp>

#include "number_literal.hpp"
#include "regex_syntax.hpp"

namespace spm::promql {
namespace {

std::string read_back(const std::string& literal) {
  const auto tree = parse(literal);
  if (!tree) return "not parsed: " + tree.error().reason;
  const auto* string = (*tree)->as<String>();
  return string == nullptr ? "not a string" : string->value;
}

TEST(QuoteString, GivesBackEveryByteAndEveryPairOfBytes) {
  for (int a = 0; a < 256; ++a) {
    const std::string one(1, static_cast<char>(a));
    ASSERT_EQ(read_back(quote_string(one)), one) << a;
    for (int b = 0; b < 256; b += 3) {
      const std::string two = one + static_cast<char>(b);
      ASSERT_EQ(read_back(quote_string(two)), two) << a << ' ' << b;
    }
  }
}

TEST(QuoteString, WritesWhatCannotStandBareAsEscapes) {
  EXPECT_EQ(quote_string("a\"b\\c\nd\te\rf"), R"("a\"b\\c\nd\te\rf")");
  EXPECT_EQ(quote_string(std::string("\0\x01\x1f\x7f", 4)), R"("\x00\x01\x1f\x7f")");
  EXPECT_EQ(quote_string("größe 😀"), "\"größe 😀\"");
  EXPECT_EQ(quote_string("\xff\xc3"), R"("\xff\xc3")");
  EXPECT_EQ(quote_string("\xEF\xBF\xBD"), R"("\ufffd")");
}

TEST(QuoteRegex, EscapesWhatRe2EscapesAndNothingElse) {
  EXPECT_EQ(quote_regex(R"(\.+*?()|[]{}^$)"), R"(\\\.\+\*\?\(\)\|\[\]\{\}\^\$)");
  EXPECT_EQ(quote_regex("a-b_c/d e\"é\n#&~"), "a-b_c/d e\"é\n#&~");
}

TEST(LabelName, IdentifiersStayPlainOthersFollowTheDialect) {
  EXPECT_EQ(label_name("span_name", Dialect::prometheus), "span_name");
  EXPECT_EQ(label_name("_1", Dialect::prometheus), "_1");
  EXPECT_EQ(label_name("service.name", Dialect::prometheus), "\"service.name\"");
  EXPECT_EQ(label_name("a:b", Dialect::prometheus), "\"a:b\"");
  EXPECT_EQ(label_name("1a", Dialect::prometheus), "\"1a\"");
  EXPECT_EQ(label_name("x\"} or up{", Dialect::prometheus), R"("x\"} or up{")");
  EXPECT_EQ(label_name("service.name", Dialect::victoria_metrics), R"(service\.name)");
  EXPECT_EQ(label_name("1a", Dialect::victoria_metrics), R"(\1a)");
  EXPECT_EQ(label_name("a} {b", Dialect::victoria_metrics), R"(a\}\x20\{b)");
  EXPECT_EQ(label_name("é", Dialect::victoria_metrics), R"(\xc3\xa9)");
  EXPECT_EQ(label_name("nan", Dialect::prometheus), "\"nan\"");  // a bare nan in by (..) is a number
}

TEST(LabelName, ComesBackInMatchersAndGroupingsOfBothDialects) {
  for (const std::string name :
       {"a", "service.name", "x\"}{", "a b", "1", "é", "inf", "sum", "a\\b", "a:b", "\xff", "#"}) {
    for (const Dialect dialect : {Dialect::prometheus, Dialect::victoria_metrics}) {
      const std::string written = label_name(name, dialect);
      std::string text = "sum by (";
      text.append(written).append(",le) (x{").append(written).append("=\"v\"})");
      const auto tree = parse(text, dialect);
      ASSERT_TRUE(tree) << written << ": " << tree.error().reason;
      const auto* sum = (*tree)->as<Aggregation>();
      ASSERT_NE(sum, nullptr);
      EXPECT_EQ(sum->grouping, (Grouping{false, {name, "le"}}));
      EXPECT_EQ(sum->of->as<Selector>()->matchers, (std::vector<Matcher>{{name, MatchOp::equal, "v"}}));
    }
  }
}

TEST(MetricName, OnlyLegalNamesThatAreNoWordsStandBare) {
  EXPECT_TRUE(is_plain_metric_name("traces_span_metrics_calls"));
  EXPECT_TRUE(is_plain_metric_name("job:calls:rate5m"));
  for (const std::string_view name : {"", "a.b", "1a", "a b", "on", "nan", "Sum", "a\"", "é"}) {
    EXPECT_FALSE(is_plain_metric_name(name)) << name;
  }
  EXPECT_EQ(metric_name_matcher("a.b\"c"), R"(__name__="a.b\"c")");
}

TEST(Duration, IsExactAndShort) {
  EXPECT_EQ(duration(1), "1ms");
  EXPECT_EQ(duration(500), "500ms");
  EXPECT_EQ(duration(1'500), "1s500ms");
  EXPECT_EQ(duration(90'000), "1m30s");
  EXPECT_EQ(duration(600'000), "10m");
  EXPECT_EQ(duration(3'600'000), "1h");
  EXPECT_EQ(duration(172'800'000), "48h");
  EXPECT_EQ(duration(9'223'372'036'854), "2562047h47m16s854ms");
  std::uint64_t state = 1;
  for (int i = 0; i < 20'000; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    const auto ms = static_cast<std::int64_t>(state % 9'223'372'036'854U >> (state >> 60U)) + 1;
    ASSERT_EQ(read_duration_ms(duration(ms)), ms);
  }
}

TEST(DecimalSeconds, IsExact) {
  EXPECT_EQ(decimal_seconds(0), "0");
  EXPECT_EQ(decimal_seconds(60'000), "60");
  EXPECT_EQ(decimal_seconds(1'500), "1.5");
  EXPECT_EQ(decimal_seconds(1'795'140'012'345), "1795140012.345");
  EXPECT_EQ(decimal_seconds(1'001), "1.001");
  EXPECT_EQ(decimal_seconds(10), "0.01");
  EXPECT_EQ(decimal_seconds(-1), "-0.001");
  EXPECT_EQ(decimal_seconds(-1'500), "-1.5");
  EXPECT_EQ(decimal_seconds(std::numeric_limits<std::int64_t>::min()), "-9223372036854775.808");
}

TEST(NumberText, ReadsBackAsTheSameDouble) {
  EXPECT_EQ(number(0.95), "0.95");
  EXPECT_EQ(number(0.999), "0.999");
  EXPECT_EQ(number(1), "1");
  EXPECT_EQ(number(1000), "1000");
  EXPECT_EQ(number(1e-6), "1e-06");
  EXPECT_EQ(number(std::nan("")), "NaN");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "-Inf");
  for (const double value : {0.1 + 0.2, 1.0 / 3, 5e-324, 1.7976931348623157e308, 1e21, 123456789.125}) {
    EXPECT_EQ(read_number(number(value)), value) << number(value);
  }
}

TEST(RegexSyntax, KnowsWhatMatchesNothing) {
  for (const std::string_view pattern :
       {"", ".*", "a?", "(a|b)?", "a|", "(?i)", "^$", "a{0,2}", "\\Q\\E", "(?:a*b*)"}) {
    EXPECT_TRUE(regex_matches_empty(pattern)) << pattern;
  }
  for (const std::string_view pattern : {"a", ".+", "a|b", "a{1,2}", "[a]", "\\Qa\\E", "(a*)b", "\\b", "{}", "\\."}) {
    EXPECT_FALSE(regex_matches_empty(pattern)) << pattern;
  }
}

}  // namespace
}  // namespace spm::promql
