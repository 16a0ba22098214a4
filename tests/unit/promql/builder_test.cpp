#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <spm/promql/builder.hpp>
#include <spm/promql/parser.hpp>

namespace spm::promql {
namespace {

using model::MetricKind;
using model::SpanKind;

constexpr MetricKind kKinds[] = {MetricKind::latency, MetricKind::call_rate, MetricKind::error_rate};

model::MetricQuery query() {
  model::MetricQuery out;
  out.services = {"frontend"};
  out.span_kinds = {SpanKind::server};
  out.quantile = 0.95;
  out.rate_window_ms = 600'000;
  return out;
}

std::string built(const model::MetricNames& names, const model::MetricQuery& asked, MetricKind which,
                  const BuildOptions& options = {}) {
  const auto text = build(TemplateSet::built_in(), names, asked, asked.services, which, options);
  return text ? *text : "error: " + text.error().message;
}

/// The services that a matcher lets through, by undoing the escapes of its alternatives.
std::vector<std::string> alternatives(const Matcher& matcher) {
  if (matcher.op == MatchOp::equal) return {matcher.value};
  std::vector<std::string> out(1);
  for (std::size_t i = 0; i < matcher.value.size(); ++i) {
    const char c = matcher.value[i];
    if (c == '|') {
      out.emplace_back();
    } else if (c == '\\') {
      out.back() += matcher.value[++i];
    } else {
      EXPECT_EQ(std::string_view(".+*?()[]{}^$").find(c), std::string_view::npos) << "bare " << c;
      out.back() += c;
    }
  }
  return out;
}

TEST(Builder, WritesTheThreeExpressions) {
  const model::MetricNames names;
  EXPECT_EQ(built(names, query(), MetricKind::latency),
            "histogram_quantile(0.95, sum(rate(traces_span_metrics_duration_bucket{service_name=\"frontend\","
            "span_kind=\"SPAN_KIND_SERVER\"}[10m])) by (service_name, le)) * 1");
  EXPECT_EQ(built(names, query(), MetricKind::call_rate),
            "sum(rate(traces_span_metrics_calls{service_name=\"frontend\",span_kind=\"SPAN_KIND_SERVER\"}[10m])) by "
            "(service_name)");

  model::MetricQuery several = query();
  several.services = {"a.b", "c|d"};
  several.span_kinds = {SpanKind::server, SpanKind::client};
  several.group_by_operation = true;
  several.rate_window_ms = 90'000;
  EXPECT_EQ(built(names, several, MetricKind::error_rate),
            "sum(rate(traces_span_metrics_calls{service_name=~\"a\\\\.b|c\\\\|d\",span_kind=~\"SPAN_KIND_SERVER|"
            "SPAN_KIND_CLIENT\", status_code=\"STATUS_CODE_ERROR\"}[1m30s])) by (service_name,span_name) / "
            "sum(rate(traces_span_metrics_calls{service_name=~\"a\\\\.b|c\\\\|d\",span_kind=~\"SPAN_KIND_SERVER|"
            "SPAN_KIND_CLIENT\"}[1m30s])) by (service_name,span_name)");
}

TEST(Builder, AsksForTheServicesItIsGiven) {
  const model::MetricQuery asked = query();
  const std::vector<std::string> other = {"front+end"};
  const auto text = build(TemplateSet::built_in(), {}, asked, other, MetricKind::call_rate);
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("service_name=\"front+end\""), std::string::npos) << *text;
  EXPECT_EQ(text->find("frontend"), std::string::npos) << *text;
}

TEST(Builder, FollowsTheStoresNames) {
  model::MetricNames names;
  names.bucket = "a.duration_bucket";
  names.service_label = "service.name";
  names.operation_label = "operation";
  names.kind_label = "";
  names.to_milliseconds = 1000;
  model::MetricQuery asked = query();
  asked.group_by_operation = true;
  EXPECT_EQ(
      built(names, asked, MetricKind::latency),
      "histogram_quantile(0.95, sum(rate({__name__=\"a.duration_bucket\",\"service.name\"=\"frontend\"}[10m])) by "
      "(\"service.name\",operation, le)) * 1000");
  BuildOptions options;
  options.dialect = Dialect::victoria_metrics;
  EXPECT_EQ(built(names, asked, MetricKind::latency, options),
            "histogram_quantile(0.95, sum(rate({__name__=\"a.duration_bucket\",service\\.name=\"frontend\"}[10m])) by "
            "(service\\.name,operation, le)) * 1000");

  names = {};
  names.error_values = {"STATUS_CODE_ERROR", "ERROR"};
  EXPECT_NE(built(names, asked, MetricKind::error_rate).find("status_code=~\"STATUS_CODE_ERROR|ERROR\""),
            std::string::npos);
}

TEST(Builder, ExtraMatchersStandInEverySelector) {
  BuildOptions options;
  options.extra_matchers = {{"tenant", MatchOp::equal, "a\"b"}, {"x.y", MatchOp::not_regex, "c.*"}};
  for (const MetricKind which : kKinds) {
    const std::string text = built({}, query(), which, options);
    const auto tree = parse(text);
    ASSERT_TRUE(tree) << text;
    for (const Expr* found : selectors(**tree)) {
      const auto& matchers = found->as<Selector>()->matchers;
      for (const Matcher& wanted : options.extra_matchers) {
        EXPECT_NE(std::find(matchers.begin(), matchers.end(), wanted), matchers.end()) << text;
      }
    }
  }
}

TEST(Builder, LeavesOutLabelsThatAreNotThere) {
  model::MetricNames names;
  names.kind_label = "";
  names.operation_label = "";
  model::MetricQuery asked = query();
  asked.group_by_operation = true;
  EXPECT_EQ(built(names, asked, MetricKind::call_rate),
            "sum(rate(traces_span_metrics_calls{service_name=\"frontend\"}[10m])) by (service_name)");

  names = {};
  names.histogram_has_kind = false;
  EXPECT_EQ(built(names, asked, MetricKind::latency).find("span_kind"), std::string::npos);
  EXPECT_NE(built(names, asked, MetricKind::call_rate).find("span_kind"), std::string::npos);
}

TEST(Builder, MembershipStandsInEverySelector) {
  model::MetricNames names;
  names.native_histogram = "traces_span_metrics_duration";
  names.membership = {{"span_name", true}, {"operation", false}};
  const std::vector<Matcher> wanted = {{"span_name", MatchOp::not_equal, ""}, {"operation", MatchOp::equal, ""}};
  EXPECT_EQ(membership_matchers(names), wanted);
  for (const MetricKind which : kKinds) {
    const std::string text = built(names, query(), which);
    const auto tree = parse(text);
    ASSERT_TRUE(tree) << text;
    EXPECT_EQ(selectors(**tree).size(), which == MetricKind::call_rate ? 1U : 2U) << text;
    for (const Expr* found : selectors(**tree)) {
      const auto& matchers = found->as<Selector>()->matchers;
      for (const Matcher& one : wanted) EXPECT_NE(std::ranges::find(matchers, one), matchers.end()) << text;
    }
  }
}

TEST(Builder, ANativeHistogramAnswersAloneOrBeforeTheClassicOne) {
  model::MetricNames names;
  names.bucket = "";
  names.native_histogram = "d";
  names.to_milliseconds = 1000;
  EXPECT_EQ(built(names, query(), MetricKind::latency),
            "histogram_quantile(0.95, sum(rate(d{service_name=\"frontend\",span_kind=\"SPAN_KIND_SERVER\"}[10m])) by "
            "(service_name)) * 1000");
  names.bucket = "d_bucket";
  EXPECT_EQ(built(names, query(), MetricKind::latency),
            "(histogram_quantile(0.95, sum(rate(d{service_name=\"frontend\",span_kind=\"SPAN_KIND_SERVER\"}[10m])) by "
            "(service_name)) * 1000) or (histogram_quantile(0.95, sum(rate(d_bucket{service_name=\"frontend\","
            "span_kind=\"SPAN_KIND_SERVER\"}[10m])) by (service_name, le)) * 1000)");
}

TEST(Builder, ANativeHistogramCountsCallsThatNothingElseCounts) {
  model::MetricNames names;
  names.native_histogram = "d";
  EXPECT_EQ(built(names, query(), MetricKind::call_rate).find("histogram_count"), std::string::npos);
  names.calls = "";
  names.histogram_has_kind = false;
  EXPECT_EQ(built(names, query(), MetricKind::call_rate),
            "sum(histogram_count(rate(d{service_name=\"frontend\"}[10m]))) by (service_name)");
  EXPECT_EQ(built(names, query(), MetricKind::error_rate),
            "sum(histogram_count(rate(d{service_name=\"frontend\", status_code=\"STATUS_CODE_ERROR\"}[10m]))) by "
            "(service_name) / sum(histogram_count(rate(d{service_name=\"frontend\"}[10m]))) by (service_name)");
  names.histogram_has_kind = true;
  names.calls = "d_count";
  EXPECT_EQ(built(names, query(), MetricKind::call_rate),
            "(sum(histogram_count(rate(d{service_name=\"frontend\",span_kind=\"SPAN_KIND_SERVER\"}[10m]))) by "
            "(service_name)) or (sum(rate(d_count{service_name=\"frontend\",span_kind=\"SPAN_KIND_SERVER\"}[10m])) by "
            "(service_name))");
}

TEST(Builder, ErrorMatchersReplaceTheStatus) {
  model::MetricNames names;
  names.status_label = "";
  BuildOptions options;
  options.error_matchers = {{"http.code", MatchOp::regex, "5.."}, {"x", MatchOp::not_equal, "y"}};
  EXPECT_EQ(built(names, query(), MetricKind::error_rate, options),
            "sum(rate(traces_span_metrics_calls{service_name=\"frontend\",span_kind=\"SPAN_KIND_SERVER\", "
            "\"http.code\"=~\"5..\",x!=\"y\"}[10m])) by (service_name) / "
            "sum(rate(traces_span_metrics_calls{service_name=\"frontend\",span_kind=\"SPAN_KIND_SERVER\"}[10m])) by "
            "(service_name)");
}

TEST(Builder, GroupsByVmrangeWhereThereAreSuchBuckets) {
  BuildOptions options;
  options.vmrange_buckets = true;
  EXPECT_NE(built({}, query(), MetricKind::latency, options).find("by (service_name, le,vmrange)"), std::string::npos);
}

TEST(Builder, WritesSelectors) {
  const std::vector<Matcher> matchers = {{"service.name", MatchOp::not_equal, ""}};
  EXPECT_EQ(write_selector("calls", {}, Dialect::prometheus), "calls");
  EXPECT_EQ(write_selector("calls", matchers, Dialect::prometheus), "calls{\"service.name\"!=\"\"}");
  EXPECT_EQ(write_selector("a.b", matchers, Dialect::victoria_metrics), "{__name__=\"a.b\",service\\.name!=\"\"}");
  EXPECT_EQ(write_selector("a.b", {}, Dialect::prometheus), "{__name__=\"a.b\"}");
}

TEST(Builder, RefusesNamesThatCannotAnswer) {
  model::MetricQuery asked = query();
  model::MetricNames names;
  names.status_label = "";
  EXPECT_EQ(built(names, asked, MetricKind::error_rate),
            "error: the names of the store's metrics lack the status label");
  EXPECT_EQ(built(names, asked, MetricKind::call_rate).find("error"), std::string::npos);
  names = {};
  names.error_values.clear();
  EXPECT_NE(built(names, asked, MetricKind::error_rate).find("error: "), std::string::npos);
  names = {};
  names.calls = "";
  EXPECT_NE(built(names, asked, MetricKind::call_rate).find("error: "), std::string::npos);
  names = {};
  names.bucket = "";
  EXPECT_NE(built(names, asked, MetricKind::latency).find("error: "), std::string::npos);
  names = {};
  names.service_label = "";
  EXPECT_NE(built(names, asked, MetricKind::call_rate).find("error: "), std::string::npos);
  asked.services.clear();
  EXPECT_NE(built({}, asked, MetricKind::call_rate).find("error: "), std::string::npos);
}

/// Service names that try to get out of their place.
std::vector<std::string> hostile_names() {
  std::vector<std::string> names = {"a.b",
                                    "quo\"te\\back",
                                    "one|two",
                                    "pay+ment (eu)",
                                    "line\nbreak",
                                    "größe 服务 😀",
                                    "\xEF\xBF\xBD",
                                    "{{calls}}",
                                    "}} {{by}}",
                                    "\"} or up{",
                                    "\"}[5m])) or sum(up) by (x) #",
                                    ".*",
                                    ".+|",
                                    "(",
                                    "[",
                                    "a{1,",
                                    "\\",
                                    "\\\\",
                                    "\\Q",
                                    "^$",
                                    "# comment",
                                    "'",
                                    "`",
                                    "$1",
                                    "%00",
                                    " ",
                                    "\t",
                                    std::string(1, '\0'),
                                    std::string("a\0b", 3),
                                    "\x7f",
                                    "\xC2\x80",
                                    std::string(5'000, '"'),
                                    std::string(5'000, '\\')};
  for (int byte = 1; byte < 0x80; ++byte) names.push_back("x" + std::string(1, static_cast<char>(byte)) + "y");
  return names;
}

/// Sets every value of a service matcher to the same text, so that only the shape is left to compare.
ExprPtr shape_of(const std::string& text, Dialect dialect, std::vector<Matcher>& services) {
  auto tree = parse(text, dialect);
  if (!tree) {
    ADD_FAILURE() << text << ": " << tree.error().reason;
    return nullptr;
  }
  for (const Expr* found : selectors(**tree)) {
    for (const Matcher& matcher : found->as<Selector>()->matchers) {
      if (matcher.label != "service_name") continue;
      services.push_back(matcher);
      const_cast<Matcher&>(matcher).value = "x";
    }
  }
  return std::move(*tree);
}

TEST(BuilderProperty, NoServiceNameChangesTheTreeAndEachComesBackAsItIs) {
  const std::vector<std::string> names = hostile_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (const bool several : {false, true}) {
      model::MetricQuery hostile = query();
      hostile.services = {names[i]};
      model::MetricQuery harmless = query();
      if (several) {
        hostile.services.push_back(names[(i + 7) % names.size()]);
        harmless.services = {"a", "b"};
      }
      for (const MetricKind which : kKinds) {
        for (const Dialect dialect : {Dialect::prometheus, Dialect::victoria_metrics}) {
          BuildOptions options;
          options.dialect = dialect;
          std::vector<Matcher> found;
          std::vector<Matcher> expected;
          const ExprPtr tree = shape_of(built({}, hostile, which, options), dialect, found);
          const ExprPtr wanted = shape_of(built({}, harmless, which, options), dialect, expected);
          ASSERT_NE(tree, nullptr);
          EXPECT_TRUE(same_tree(*tree, *wanted)) << names[i];
          ASSERT_EQ(found.size(), which == MetricKind::error_rate ? 2U : 1U);
          for (const Matcher& matcher : found) {
            EXPECT_EQ(matcher.op, several ? MatchOp::regex : MatchOp::equal);
            EXPECT_EQ(alternatives(matcher), hostile.services);
          }
        }
      }
    }
  }
}

TEST(BuilderProperty, AnyBytesAsOneServiceComeBack) {
  for (int byte = 0; byte < 256; ++byte) {
    model::MetricQuery hostile = query();
    hostile.services = {std::string(1, static_cast<char>(byte)) + "\"" + static_cast<char>(255 - byte)};
    std::vector<Matcher> found;
    shape_of(built({}, hostile, MetricKind::latency), Dialect::prometheus, found);
    ASSERT_EQ(found.size(), 1U) << byte;
    EXPECT_EQ(found.front().value, hostile.services.front());
  }
}

}  // namespace
}  // namespace spm::promql
