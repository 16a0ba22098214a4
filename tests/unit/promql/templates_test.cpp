#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <spm/promql/parser.hpp>
#include <spm/promql/templates.hpp>

namespace spm::promql {
namespace {

using model::MetricKind;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kGoodCalls = "sum(rate({{calls}}{ {{matchers}} }[{{window}}])) by ({{by}})";

Fragments fragments() {
  Fragments out;
  out.calls = "calls_total";
  out.bucket = "duration_bucket";
  out.histogram = "duration";
  out.matchers = R"(service_name="x")";
  out.error_matcher = R"(status_code="E")";
  out.window = "10m";
  out.by = "service_name,span_name";
  out.le = "le";
  out.quantile = "0.95";
  out.scale = "1000";
  return out;
}

std::string problem(MetricKind kind, std::string_view text) {
  const auto compiled = Template::compile(kind, text, "file");
  return compiled ? "none: " + compiled->render(fragments()) : compiled.error().message;
}
std::string problem(std::string_view text) { return problem(MetricKind::call_rate, text); }

std::string rendered(std::string_view text, const Fragments& with = fragments()) {
  const auto compiled = Template::compile(MetricKind::call_rate, text, "file");
  return compiled ? compiled->render(with) : compiled.error().message;
}

TEST(BuiltInTemplates, RenderTidyText) {
  const TemplateSet& set = TemplateSet::built_in();
  EXPECT_EQ(
      set.of(MetricKind::latency).render(fragments()),
      "histogram_quantile(0.95, sum(rate(duration_bucket{service_name=\"x\"}[10m])) by (service_name,span_name, le)) "
      "* 1000");
  EXPECT_EQ(set.of(MetricKind::call_rate).render(fragments()),
            "sum(rate(calls_total{service_name=\"x\"}[10m])) by (service_name,span_name)");
  EXPECT_EQ(set.of(MetricKind::error_rate).render(fragments()),
            "sum(rate(calls_total{service_name=\"x\", status_code=\"E\"}[10m])) by (service_name,span_name) / "
            "sum(rate(calls_total{service_name=\"x\"}[10m])) by (service_name,span_name)");
}

TEST(BuiltInTemplates, AreTheFilesOfTheSourceTree) {
  for (const Source source : {Source::classic, Source::native}) {
    for (const MetricKind kind : {MetricKind::latency, MetricKind::call_rate, MetricKind::error_rate}) {
      const std::string name(template_file_name(kind, source));
      std::ifstream file(std::string(SPM_SOURCE_DIR) + "/promql-templates/" + name);
      const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
      const auto compiled = Template::compile(kind, text, name, source);
      ASSERT_TRUE(compiled) << compiled.error().message;
      EXPECT_EQ(compiled->render(fragments()), TemplateSet::built_in().of(kind, source).render(fragments()));
    }
  }
}

TEST(BuiltInTemplates, ReadNativeHistograms) {
  const TemplateSet& set = TemplateSet::built_in();
  EXPECT_EQ(
      set.of(MetricKind::latency, Source::native).render(fragments()),
      "histogram_quantile(0.95, sum(rate(duration{service_name=\"x\"}[10m])) by (service_name,span_name)) * 1000");
  EXPECT_EQ(set.of(MetricKind::call_rate, Source::native).render(fragments()),
            "sum(histogram_count(rate(duration{service_name=\"x\"}[10m]))) by (service_name,span_name)");
  EXPECT_EQ(template_file_name(MetricKind::error_rate, Source::native), "native_error_rate.promql");
}

TEST(Template, ANativeOneReadsTheHistogramAndNothingElse) {
  const auto refused = [](MetricKind kind, std::string_view text) {
    const auto compiled = Template::compile(kind, text, "file", Source::native);
    return compiled ? std::string("none") : compiled.error().message;
  };
  EXPECT_THAT(refused(MetricKind::call_rate, kGoodCalls), HasSubstr("{{calls}} has no value"));
  EXPECT_THAT(refused(MetricKind::call_rate, "sum(rate(x{ {{matchers}} }[{{window}}])) by ({{by}})"),
              HasSubstr("{{histogram}} is missing"));
  EXPECT_THAT(problem("sum(histogram_count(rate({{histogram}}{ {{matchers}} }[{{window}}]))) by ({{by}})"),
              HasSubstr("{{histogram}} has no value"));
  // A name such as a.b cannot stand before the brace here, either.
  Fragments dotted = fragments();
  dotted.histogram = "a.b";
  EXPECT_EQ(TemplateSet::built_in().of(MetricKind::call_rate, Source::native).render(dotted),
            "sum(histogram_count(rate({__name__=\"a.b\",service_name=\"x\"}[10m]))) by (service_name,span_name)");
}

TEST(Template, LatenciesMayNameTheBoundsThemselves) {
  EXPECT_THAT(problem(MetricKind::latency,
                      "histogram_quantile({{quantile}}, sum(rate({{bucket}}{ {{matchers}} }[{{window}}])) by ({{by}}, "
                      "le)) * {{scale}}"),
              StartsWith("none"));
  EXPECT_THAT(problem("sum(rate({{calls}}{ {{matchers}} }[{{window}}])) by ({{by}}, {{le}})"),
              HasSubstr("{{le}} has no value"));
}

TEST(Template, NamesThatCannotStandBareGoInsideTheBrace) {
  Fragments dotted = fragments();
  dotted.calls = "traces.span.metrics.calls";
  EXPECT_EQ(rendered(kGoodCalls, dotted),
            "sum(rate({__name__=\"traces.span.metrics.calls\",service_name=\"x\"}[10m])) by (service_name,span_name)");
  dotted.calls = "a\"} or up{";
  const auto tree = parse(rendered(kGoodCalls, dotted));
  ASSERT_TRUE(tree) << tree.error().reason;
  ASSERT_EQ(selectors(**tree).size(), 1U);
  EXPECT_EQ(selectors(**tree).front()->as<Selector>()->matchers.front().value, dotted.calls);
}

TEST(Template, CommentsAndWhiteSpaceGoStringsStay) {
  EXPECT_EQ(
      rendered("# first {{nothing}}\nsum( # \"open\n  rate({{calls}} {\t{{matchers}} ,  a = \"# b  c\", d='\\'#'}\n"
               "[ {{window}} ] ) )\nby ( {{by}} )\n\n# last"),
      "sum(rate(calls_total{service_name=\"x\", a = \"# b  c\", d='\\'#'}[10m])) by (service_name,span_name)");
  EXPECT_EQ(rendered("sum(rate({{calls}}{{{matchers}}}[{{window}}])) by ({{by}})"),
            "sum(rate(calls_total{service_name=\"x\"}[10m])) by (service_name,span_name)");
}

TEST(Template, WhatIsFilledInIsNeverExpandedAgain) {
  Fragments hostile = fragments();
  hostile.matchers = R"(service_name="{{calls}} {{by}} }} {{")";
  hostile.by = "{{window}}";
  EXPECT_EQ(rendered(kGoodCalls, hostile),
            R"(sum(rate(calls_total{service_name="{{calls}} {{by}} }} {{"}[10m])) by ({{window}}))");
}

TEST(Template, RefusesPlaceholdersThatAreUnknownOrMissing) {
  EXPECT_THAT(problem("sum(rate({{calls}}{ {{matchers}} }[{{window}}]))\nby ({{by}}, {{foo}})"),
              StartsWith("file:2: unknown placeholder {{foo}}; known here are {{calls}}"));
  EXPECT_THAT(problem("sum(rate({{calls}}{ {{matchers}} }[5m])) by ({{by}})"),
              StartsWith("file:1: {{window}} is missing"));
  EXPECT_THAT(problem("sum(rate({{calls}}{ {{matchers}} }[{{window}}])) by ({{by}}) * {{scale}}"),
              HasSubstr("{{scale}} has no value"));
  EXPECT_THAT(problem(""), HasSubstr("is missing"));
  // Latencies in seconds would come out a thousand times too small.
  EXPECT_THAT(
      problem(MetricKind::latency,
              "histogram_quantile({{quantile}}, sum(rate({{bucket}}{ {{matchers}} }[{{window}}])) by ({{by}}, le))"),
      HasSubstr("{{scale}} is missing"));
  const std::string_view built_in_error =
      "sum(rate({{calls}}{ {{matchers}}, {{error_matcher}} }[{{window}}])) by ({{by}}) / "
      "sum(rate({{calls}}{ {{matchers}} }[{{window}}])) by ({{by}})";
  EXPECT_THAT(problem(MetricKind::error_rate, built_in_error), StartsWith("none"));
  EXPECT_THAT(problem(MetricKind::error_rate, kGoodCalls), HasSubstr("{{error_matcher}} is missing"));
}

TEST(Template, RefusesStrayBraces) {
  const std::string good(kGoodCalls);
  EXPECT_THAT(problem(good + "\n{{"), StartsWith("file:2: '{{' without '}}'"));
  EXPECT_THAT(problem(good + "\n}}"), StartsWith("file:2: '}}' without its '{{'"));
  EXPECT_THAT(problem("sum(rate({{calls}}{{{{matchers}}}}[{{window}}])) by ({{by}})"), StartsWith("file:1: '{{'"));
  EXPECT_THAT(problem(good + " # {{ }} in a comment is fine"), StartsWith("none"));
  EXPECT_THAT(problem("sum(rate({{calls}}{ {{matchers}},a=\"{{by}}\" }[{{window}}])) by ({{by}})"),
              HasSubstr("inside a string"));
  EXPECT_THAT(problem("sum(rate({{calls}}{ {{matchers}} }[{{win\ndow}}])) by ({{by}})"), HasSubstr("on the same line"));
}

TEST(Template, RefusesPlaceholdersGluedToAWord) {
  for (const std::string_view text : {
           "sum(rate({{calls}}_x{ {{matchers}} }[{{window}}])) by ({{by}})",
           "sum(rate(x{{calls}}{ {{matchers}} }[{{window}}])) by ({{by}})",
           "sum(rate({{calls}}{ {{matchers}} }[1h{{window}}])) by ({{by}})",
           "sum(rate({{calls}}{ {{matchers}} }[{{window}}5s])) by ({{by}})",
           "sum(rate({{calls}}{ {{matchers}} }[{{window}}{{window}}])) by ({{by}})",
           "sum(rate({{calls}}{ {{matchers}} }[{{window}}])) by ({{by}}_x)",
       }) {
    EXPECT_THAT(problem(text), HasSubstr("a space, a bracket or an operator")) << text;
  }
}

TEST(Template, RefusesWhatIsNotPromqlWithTheLine) {
  EXPECT_THAT(problem("sum(\n  rate({{calls}}{ {{matchers}} }[{{window}}])\n) by {{by}}"),
              StartsWith("file:3: not PromQL: "));
  EXPECT_THAT(problem("sum(rate({{calls}}{ {{matchers}} }[{{window}}])) by ({{by}}) / / 2"), HasSubstr("not PromQL"));
  EXPECT_THAT(problem("sum(rate({{calls}}{ {{matchers}} }[{{window}}])) by ({{by}}) + \"a"), HasSubstr("does not end"));
  EXPECT_THAT(problem("sum(rate({{calls}}{ {{matchers}}, a=~\"(\" }[{{window}}])) by ({{by}})"),
              HasSubstr("regular expression"));
  EXPECT_THAT(problem("{{calls}}{ {{matchers}} }[{{window}}] # {{by}}\n# {{by}}"), HasSubstr("{{by}} is missing"));
  EXPECT_THAT(problem("label_join(x,\"y\",\"z\",{{by}},{{window}},{{matchers}},{{calls}})"),
              HasSubstr("metric's name"));
  EXPECT_THAT(problem("{{calls}} + sum(rate(x{ {{matchers}} }[{{window}}])) by ({{by}})"), HasSubstr("metric's name"));
  EXPECT_THAT(problem("({{calls}}{ {{matchers}} } + on ({{by}}) x{ {{matchers}} })[{{window}}:]"),
              HasSubstr("instant vector"));
}

TEST(Template, RefusesASelectorWithoutTheMatchersWhereverItStands) {
  const std::string good(kGoodCalls);
  for (const std::string& addition : {
           std::string("\nor sum(up) by ({{by}})"),
           std::string("\nand on () up"),
           std::string("\n* on () group_left () sum({job=\"x\"})"),
           std::string("\nor max_over_time(sum(up)[1h:1m])"),
           std::string("\nunless sum without (x) (rate({{calls}}{a=\"b\"}[{{window}}]))"),
           std::string("\n+ topk(scalar(up), sum(rate({{calls}}{ {{matchers}} }[{{window}}])) by ({{by}}))"),
           std::string("\nor {{calls}}{spm_sample_service=\"a\"}"),
       }) {
    EXPECT_THAT(problem(good + addition), StartsWith("file:2: a selector without {{matchers}}")) << addition;
  }
  EXPECT_THAT(problem(good + " or sum(other{job=\"x\",{{matchers}}}) by ({{by}})"), StartsWith("none"));
}

class TemplateFolder : public ::testing::Test {
 public:
  TemplateFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "spm-templates-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TemplateFolder() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

 protected:
  void write(const std::string& name, std::string_view text) const { std::ofstream(folder_ / name) << text; }

  std::filesystem::path folder_;
};

TEST_F(TemplateFolder, ReplacesTheOnesThatItHolds) {
  write("call_rate.promql", std::string(kGoodCalls) + " * 2");
  write("native_call_rate.promql",
        "sum(histogram_count(rate({{histogram}}{ {{matchers}} }[{{window}}]))) by ({{by}}) * 3");
  write("README.md", "not a template");
  const auto set = TemplateSet::load(folder_);
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_THAT(set->of(MetricKind::call_rate).render(fragments()), ::testing::EndsWith(" * 2"));
  EXPECT_THAT(set->of(MetricKind::call_rate, Source::native).render(fragments()), ::testing::EndsWith(" * 3"));
  EXPECT_EQ(set->of(MetricKind::latency).render(fragments()),
            TemplateSet::built_in().of(MetricKind::latency).render(fragments()));
}

TEST_F(TemplateFolder, NamesTheFileThatIsWrong) {
  write("calls.promql", kGoodCalls);
  auto set = TemplateSet::load(folder_);
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message, HasSubstr("calls.promql is no template"));

  std::filesystem::remove(folder_ / "calls.promql");
  write("latency.promql", "\n\nsum(");
  set = TemplateSet::load(folder_);
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message, HasSubstr("latency.promql:3: {{bucket}} is missing"));

  std::filesystem::remove(folder_ / "latency.promql");
  std::filesystem::create_directory(folder_ / "error_rate.promql");
  set = TemplateSet::load(folder_);
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message, HasSubstr("error_rate.promql cannot be read"));

  set = TemplateSet::load(folder_ / "missing");
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error().message, HasSubstr("missing cannot be read"));
}

}  // namespace
}  // namespace spm::promql
