// Any text: never a crash, and what parses prints to the same tree.
#include <spm/promql/parser.hpp>

#include "fuzz_main.hpp"

namespace promql = spm::promql;

const std::string_view* fuzz_words() {
  static constexpr std::string_view kWords[] = {"sum",
                                                "by",
                                                "without",
                                                "on",
                                                "ignoring",
                                                "group_left",
                                                "group_right",
                                                "offset",
                                                "bool",
                                                "and",
                                                "or",
                                                "unless",
                                                "topk",
                                                "(x)",
                                                "[5m]",
                                                "[1h:1m]",
                                                "@ start()",
                                                "@ -1.5",
                                                "1e3",
                                                "0x1f",
                                                "inf",
                                                "nan",
                                                "5m",
                                                "{a=",
                                                "=~\"",
                                                "\"a.b\"",
                                                "!=",
                                                "==",
                                                "^",
                                                "-",
                                                "\\.",
                                                "\\x",
                                                "le",
                                                "#",
                                                "`",
                                                "\\u00e9",
                                                "(",
                                                ")",
                                                "atan2",
                                                "sum by (a) (x)",
                                                std::string_view()};
  return kWords;
}

void fuzz_one(std::string_view input) {
  for (const auto dialect : {promql::Dialect::prometheus, promql::Dialect::victoria_metrics}) {
    const auto tree = promql::parse(input, dialect);
    if (!tree) {
      fuzz_require(tree.error().offset <= input.size(), "an error stands inside the text");
      fuzz_require(!tree.error().reason.empty(), "an error has a reason");
      continue;
    }
    const std::string printed = promql::print(**tree, dialect);
    if (printed.size() > promql::kMaxTextBytes) continue;
    const auto again = promql::parse(printed, dialect);
    fuzz_require(again.has_value(), "what is printed parses");
    fuzz_require(promql::same_tree(**tree, **again), "what is printed is the same tree");
    fuzz_require(promql::print(**again, dialect) == printed, "printing is stable");
    for (const promql::Expr* selector : promql::selectors(**tree)) {
      fuzz_require(selector->range.begin < selector->range.end && selector->range.end <= input.size(),
                   "a selector stands inside the text");
    }
  }
}
