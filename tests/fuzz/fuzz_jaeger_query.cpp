// Any text: never a crash; what is recognised has its parts, and its services can be read.
#include <algorithm>

#include <spm/promql/jaeger_query.hpp>
#include <spm/promql/parser.hpp>

#include "fuzz_main.hpp"

namespace promql = spm::promql;

const std::string_view* fuzz_words() {
  static constexpr std::string_view kWords[] = {"histogram_quantile(0.95, ",
                                                "sum(rate(calls{",
                                                "sum(latency_bucket{",
                                                "sum by (service_name) (",
                                                "service_name =~ \"",
                                                "service_name=\"a\"",
                                                "\", span_kind =~ \"SPAN_KIND_SERVER",
                                                "|SPAN_KIND_CLIENT",
                                                "\", status_code = \"STATUS_CODE_ERROR",
                                                "\"}[10m])) by (service_name)",
                                                "\", }[10m])) by (service_name,span_name)",
                                                "\"}[1.5s])) by (service_name,operation,le))",
                                                " / sum(rate(calls{service_name =~ \"",
                                                "\\\"",
                                                "\\",
                                                "|",
                                                "(a|b\\\\.c)",
                                                "(",
                                                ")",
                                                ",",
                                                "\n",
                                                std::string_view()};
  return kWords;
}

void fuzz_one(std::string_view input) {
  const auto query = promql::recognise(input);
  if (!query) return;
  fuzz_require(query->window_ms > 0, "a window is positive");
  fuzz_require(!query->metric.empty(), "there is a metric");
  const auto readings = promql::service_readings(*query);
  fuzz_require(readings.empty() == query->service.empty() || query->service_is_list, "a name has a reading");
  for (const auto& names : readings) {
    fuzz_require(!names.empty(), "no empty group of readings");
    fuzz_require(std::ranges::none_of(names, [](const std::string& name) { return name.empty(); }), "no empty name");
    fuzz_require(!query->service_label.empty() || names.size() == 1, "a sum without its service is of one service");
  }
  // Read as PromQL where it is PromQL: the printed tree asks the same.
  const auto tree = promql::parse(input);
  if (!tree) return;
  const auto again = promql::recognise(promql::print(**tree));
  fuzz_require(again.has_value(), "another way to write it is recognised");
  fuzz_require(again->kind == query->kind && again->service == query->service && again->window_ms == query->window_ms &&
                   again->tags == query->tags && again->operation_label == query->operation_label,
               "another way to write it asks the same");
}
