#include "checks.hpp"

#include <algorithm>

#include "operators.hpp"
#include "regex_syntax.hpp"

namespace spm::promql {
namespace {

using Refusal = std::optional<std::string>;

bool may_be(const ExprPtr& expr, ValueType type) {
  const ValueType actual = type_of(*expr);
  return actual == type || actual == ValueType::unknown;
}

bool may_be_value(const ExprPtr& expr) {
  return may_be(expr, ValueType::scalar) || may_be(expr, ValueType::instant_vector);
}

bool matches_empty(const Matcher& matcher) {
  switch (matcher.op) {
    case MatchOp::equal:
      return matcher.value.empty();
    case MatchOp::not_equal:
      return !matcher.value.empty();
    case MatchOp::regex:
      return regex_matches_empty(matcher.value);
    case MatchOp::not_regex:
      return !regex_matches_empty(matcher.value);
  }
  return false;
}

Refusal refuse(const Selector& selector) {
  for (const Matcher& matcher : selector.matchers) {
    if (!selector.name.empty() && matcher.label == "__name__") return "the metric name is given twice";
    const bool regex = matcher.op == MatchOp::regex || matcher.op == MatchOp::not_regex;
    if (!regex) continue;
    if (auto problem = regex_problem(matcher.value)) return "not a regular expression: " + *problem;
  }
  if (!selector.name.empty()) return std::nullopt;
  if (std::all_of(selector.matchers.begin(), selector.matchers.end(), matches_empty)) {
    return "a selector needs a name, or a matcher that does not match the empty string";
  }
  return std::nullopt;
}

Refusal refuse(const Aggregation& node) {
  if (!may_be(node.of, ValueType::instant_vector)) return node.op + " needs an instant vector";
  if (node.parameter == nullptr) return std::nullopt;
  if (node.op == "count_values") {
    if (!may_be(node.parameter, ValueType::string)) return "the parameter of count_values is a string";
  } else if (!may_be(node.parameter, ValueType::scalar)) {
    return "the parameter of " + node.op + " is a number";
  }
  return std::nullopt;
}

Refusal refuse_matching(const Binary& node, const VectorMatching& matching) {
  if (!matching.labels.empty() &&
      (!may_be(node.left, ValueType::instant_vector) || !may_be(node.right, ValueType::instant_vector))) {
    return "on and ignoring need a vector on both sides";
  }
  if (is_set_operator(node.op) && matching.cardinality != MatchCardinality::plain) {
    return "group_left and group_right cannot be used with and, or, unless";
  }
  const auto twice = [&](const std::string& label) {
    return std::find(matching.include.begin(), matching.include.end(), label) != matching.include.end();
  };
  if (matching.on && std::any_of(matching.labels.begin(), matching.labels.end(), twice)) {
    return "a label cannot stand in on and in the group list as well";
  }
  return std::nullopt;
}

Refusal refuse(const Binary& node) {
  if (!may_be_value(node.left) || !may_be_value(node.right)) {
    return "an operator needs scalars or instant vectors on both sides";
  }
  if (node.returns_bool && !is_comparison(node.op)) return "bool can only be used with a comparison";
  const bool left_scalar = type_of(*node.left) == ValueType::scalar;
  const bool right_scalar = type_of(*node.right) == ValueType::scalar;
  if (is_comparison(node.op) && !node.returns_bool && left_scalar && right_scalar) {
    return "a comparison of two numbers needs bool";
  }
  if (is_set_operator(node.op) && (left_scalar || right_scalar)) return "and, or, unless need vectors";
  return node.matching ? refuse_matching(node, *node.matching) : std::nullopt;
}

Refusal refuse(const Unary& node) {
  if (!may_be_value(node.of)) return "a sign needs a scalar or an instant vector after it";
  return std::nullopt;
}

Refusal refuse(const Subquery& node) {
  if (!may_be(node.of, ValueType::instant_vector)) return "a subquery needs an instant vector";
  return std::nullopt;
}

template <class Other>
Refusal refuse(const Other& /*node*/) {
  return std::nullopt;
}

}  // namespace

Refusal why_refused(const Expr& node) {
  return std::visit([](const auto& inner) { return refuse(inner); }, node.node);
}

}  // namespace spm::promql
