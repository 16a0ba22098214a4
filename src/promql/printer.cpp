#include <spm/promql/parser.hpp>

#include "operators.hpp"

namespace spm::promql {
namespace {

class Printer {
 public:
  explicit Printer(Dialect dialect) : dialect_(dialect) {}

  void print(const Expr& expr) {
    std::visit([this](const auto& node) { node_text(node); }, expr.node);
  }

  std::string take() { return std::move(out_); }

 private:
  void node_text(const Number& node) { out_ += number(node.value); }
  void node_text(const String& node) { out_ += quote_string(node.value); }

  void node_text(const Selector& node) {
    bool first = true;
    const auto separate = [&] {
      out_ += first ? "{" : ",";
      first = false;
    };
    if (is_plain_metric_name(node.name)) {
      out_ += node.name;
    } else if (!node.name.empty()) {
      separate();
      out_ += quote_string(node.name);
    }
    for (const Matcher& matcher : node.matchers) {
      separate();
      out_ += label_name(matcher.label, dialect_);
      out_ += symbol(matcher.op);
      out_ += quote_string(matcher.value);
    }
    if (!first) out_ += '}';
    if (node.range_ms != 0) out_ += '[' + duration(node.range_ms) + ']';
    modifiers(node.modifiers);
  }

  void node_text(const Subquery& node) {
    print(*node.of);
    out_ += '[' + duration(node.range_ms) + ':';
    if (node.step_ms != 0) out_ += duration(node.step_ms);
    out_ += ']';
    modifiers(node.modifiers);
  }

  void node_text(const Call& node) {
    out_ += node.function;
    out_ += '(';
    for (std::size_t i = 0; i < node.arguments.size(); ++i) {
      if (i > 0) out_ += ", ";
      print(*node.arguments[i]);
    }
    out_ += ')';
  }

  void node_text(const Aggregation& node) {
    out_ += node.op;
    if (node.grouping) {
      out_ += node.grouping->without ? " without " : " by ";
      labels(node.grouping->labels);
      out_ += ' ';
    }
    out_ += '(';
    if (node.parameter) {
      print(*node.parameter);
      out_ += ", ";
    }
    print(*node.of);
    out_ += ')';
  }

  void node_text(const Unary& node) {
    out_ += node.op == UnaryOp::plus ? '+' : '-';
    print(*node.of);
  }

  void node_text(const Binary& node) {
    print(*node.left);
    out_ += ' ';
    out_ += symbol(node.op);
    if (node.returns_bool) out_ += " bool";
    if (node.matching) {
      out_ += node.matching->on ? " on " : " ignoring ";
      labels(node.matching->labels);
      if (node.matching->cardinality != MatchCardinality::plain) {
        out_ += node.matching->cardinality == MatchCardinality::group_left ? " group_left " : " group_right ";
        // Also when there are none: a parenthesis on the right side would be taken for the list.
        labels(node.matching->include);
      }
    }
    out_ += ' ';
    print(*node.right);
  }

  void node_text(const Parentheses& node) {
    out_ += '(';
    print(*node.of);
    out_ += ')';
  }

  void modifiers(const Modifiers& modifiers) {
    if (modifiers.at) {
      switch (modifiers.at->kind) {
        case At::Kind::time:
          out_ += " @ " + number(modifiers.at->seconds);
          break;
        case At::Kind::start:
          out_ += " @ start()";
          break;
        case At::Kind::end:
          out_ += " @ end()";
          break;
      }
    }
    if (modifiers.offset_ms > 0) out_ += " offset " + duration(modifiers.offset_ms);
    if (modifiers.offset_ms < 0) out_ += " offset -" + duration(-modifiers.offset_ms);
  }

  void labels(const std::vector<std::string>& names) {
    out_ += '(';
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) out_ += ", ";
      out_ += label_name(names[i], dialect_);
    }
    out_ += ')';
  }

  Dialect dialect_;
  std::string out_;
};

}  // namespace

std::string print(const Expr& expr, Dialect dialect) {
  Printer printer(dialect);
  printer.print(expr);
  return printer.take();
}

}  // namespace spm::promql
