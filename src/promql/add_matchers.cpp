#include <algorithm>

#include <spm/promql/add_matchers.hpp>
#include <spm/promql/parser.hpp>

#include "checks.hpp"

namespace spm::promql {
namespace {

/// Walks a tree and adds to its selectors. Every kind of node is named here, so that a new one cannot be forgotten.
class Adder {
 public:
  explicit Adder(std::span<const Matcher> matchers) : matchers_(matchers) {}

  void into(Expr& expr) const {
    std::visit([this](auto& node) { visit(node); }, expr.node);
  }

 private:
  void into(const ExprPtr& expr) const {
    if (expr) into(*expr);
  }

  void visit(Selector& node) const {
    for (const Matcher& matcher : matchers_) {
      if (std::find(node.matchers.begin(), node.matchers.end(), matcher) == node.matchers.end()) {
        node.matchers.push_back(matcher);
      }
    }
  }
  void visit(Number& /*node*/) const {}
  void visit(String& /*node*/) const {}
  void visit(Subquery& node) const { into(node.of); }
  void visit(Call& node) const {
    for (const ExprPtr& argument : node.arguments) into(argument);
  }
  void visit(Aggregation& node) const {
    into(node.parameter);
    into(node.of);
  }
  void visit(Unary& node) const { into(node.of); }
  void visit(Binary& node) const {
    into(node.left);
    into(node.right);
  }
  void visit(Parentheses& node) const { into(node.of); }

  std::span<const Matcher> matchers_;
};

}  // namespace

void add_matchers(Expr& expr, std::span<const Matcher> matchers) { Adder(matchers).into(expr); }

std::string selector_of(std::span<const Matcher> matchers, Dialect dialect) {
  Selector selector;
  selector.matchers.assign(matchers.begin(), matchers.end());
  Expr expr;
  expr.node = selector;
  if (why_refused(expr)) {
    selector.matchers.push_back(Matcher{"__name__", MatchOp::not_equal, ""});
    expr.node = std::move(selector);
  }
  return print(expr, dialect);
}

}  // namespace spm::promql
