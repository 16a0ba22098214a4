// Any text as a template: never a crash, and what is accepted renders to PromQL with the matchers in every selector,
// whatever it is filled with.
#include <algorithm>

#include <spm/promql/builder.hpp>
#include <spm/promql/parser.hpp>
#include <spm/promql/templates.hpp>

#include "fuzz_main.hpp"

namespace promql = spm::promql;
using spm::model::MetricKind;

namespace {

const std::vector<promql::Matcher>& matchers() {
  static const std::vector<promql::Matcher> list = {
      {"service_name", promql::MatchOp::regex, "a\\.b|\"} or up{ # |{{calls}}"},
      {"odd label \"}", promql::MatchOp::equal, "}} {{ \\ \n"}};
  return list;
}

promql::Fragments hostile_fragments() {
  promql::Fragments fragments;
  fragments.calls = "calls \"} or up{ {{by}}";
  fragments.bucket = "bucket";
  fragments.histogram = "histo.gram";
  for (const promql::Matcher& matcher : matchers()) {
    if (!fragments.matchers.empty()) fragments.matchers += ',';
    fragments.matchers += promql::write_matcher(matcher, promql::Dialect::prometheus);
  }
  fragments.error_matcher = "status_code=\"{{error_matcher}}\"";
  fragments.window = promql::duration(9'223'372'036'854);
  fragments.by = promql::label_name("service.name}})", promql::Dialect::prometheus) + ",le_";
  fragments.le = "le,vmrange";
  fragments.quantile = promql::number(0.1 + 0.2);
  fragments.scale = promql::number(5e-324);
  return fragments;
}

bool has_all_matchers(const promql::Expr& expr) {
  const auto& present = expr.as<promql::Selector>()->matchers;
  return std::all_of(matchers().begin(), matchers().end(), [&](const promql::Matcher& matcher) {
    return std::find(present.begin(), present.end(), matcher) != present.end();
  });
}

}  // namespace

const std::string_view* fuzz_words() {
  static constexpr std::string_view kWords[] = {"{{calls}}",
                                                "{{bucket}}",
                                                "{{histogram}}",
                                                "{{le}}",
                                                "{{matchers}}",
                                                "{{error_matcher}}",
                                                "{{window}}",
                                                "{{by}}",
                                                "{{quantile}}",
                                                "{{scale}}",
                                                "{{",
                                                "}}",
                                                "{ {{matchers}} }",
                                                "[{{window}}]",
                                                "#",
                                                "\n",
                                                " or ",
                                                " and ",
                                                "sum(",
                                                "rate(",
                                                ") by ({{by}})",
                                                "offset",
                                                "{{{matchers}}}",
                                                "[1h:{{window}}]",
                                                "1e-",
                                                "-",
                                                "@",
                                                std::string_view()};
  return kWords;
}

namespace {

void check(MetricKind kind, promql::Source source, std::string_view input) {
  const auto compiled = promql::Template::compile(kind, input, "fuzz.promql", source);
  if (!compiled) {
    fuzz_require(compiled.error().message.starts_with("fuzz.promql:"), "an error names file and line");
    return;
  }
  const std::string text = compiled->render(hostile_fragments());
  if (text.size() > promql::kMaxTextBytes) return;
  const auto tree = promql::parse(text);
  fuzz_require(tree.has_value(), "a filled template is PromQL");
  const auto selectors = promql::selectors(**tree);
  fuzz_require(!selectors.empty(), "a template reads something");
  fuzz_require(std::all_of(selectors.begin(), selectors.end(), [](const auto* s) { return has_all_matchers(*s); }),
               "every selector has the matchers");
}

}  // namespace

void fuzz_one(std::string_view input) {
  for (const MetricKind kind : {MetricKind::latency, MetricKind::call_rate, MetricKind::error_rate}) {
    check(kind, promql::Source::classic, input);
    check(kind, promql::Source::native, input);
  }
}
