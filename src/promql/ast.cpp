#include <bit>

#include <spm/promql/ast.hpp>

namespace spm::promql {
namespace {

template <class... Lambdas>
struct Overloaded : Lambdas... {
  using Lambdas::operator()...;
};
template <class... Lambdas>
Overloaded(Lambdas...) -> Overloaded<Lambdas...>;

bool same(const ExprPtr& a, const ExprPtr& b) {
  if (a == nullptr || b == nullptr) return a == b;
  return same_tree(*a, *b);
}

bool same(const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

// By bits: NaN is the same number as NaN here, 0 and -0 are not the same.
bool same(const Number& a, const Number& b) {
  return std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value);
}
bool same(const String& a, const String& b) { return a.value == b.value; }
bool same(const Selector& a, const Selector& b) {
  return a.name == b.name && a.matchers == b.matchers && a.range_ms == b.range_ms && a.modifiers == b.modifiers;
}
bool same(const Subquery& a, const Subquery& b) {
  return a.range_ms == b.range_ms && a.step_ms == b.step_ms && a.modifiers == b.modifiers && same(a.of, b.of);
}
bool same(const Call& a, const Call& b) { return a.function == b.function && same(a.arguments, b.arguments); }
bool same(const Aggregation& a, const Aggregation& b) {
  return a.op == b.op && a.grouping == b.grouping && same(a.parameter, b.parameter) && same(a.of, b.of);
}
bool same(const Unary& a, const Unary& b) { return a.op == b.op && same(a.of, b.of); }
bool same(const Binary& a, const Binary& b) {
  return a.op == b.op && a.returns_bool == b.returns_bool && a.matching == b.matching && same(a.left, b.left) &&
         same(a.right, b.right);
}
bool same(const Parentheses& a, const Parentheses& b) { return same(a.of, b.of); }

void collect(const Expr& expr, std::vector<const Expr*>& out) {
  const auto into = [&out](const ExprPtr& child) {
    if (child) collect(*child, out);
  };
  std::visit(Overloaded{[](const Number&) {}, [](const String&) {}, [&](const Selector&) { out.push_back(&expr); },
                        [&](const Subquery& node) { into(node.of); },
                        [&](const Call& node) {
                          for (const ExprPtr& argument : node.arguments) into(argument);
                        },
                        [&](const Aggregation& node) {
                          into(node.parameter);
                          into(node.of);
                        },
                        [&](const Unary& node) { into(node.of); },
                        [&](const Binary& node) {
                          into(node.left);
                          into(node.right);
                        },
                        [&](const Parentheses& node) { into(node.of); }},
             expr.node);
}

ValueType binary_type(const Binary& node) {
  const ValueType left = type_of(*node.left);
  const ValueType right = type_of(*node.right);
  if (left == ValueType::scalar && right == ValueType::scalar) return ValueType::scalar;
  if (left == ValueType::instant_vector || right == ValueType::instant_vector) return ValueType::instant_vector;
  return ValueType::unknown;
}

}  // namespace

ValueType type_of(const Expr& expr) {
  return std::visit(
      Overloaded{
          [](const Number&) { return ValueType::scalar; }, [](const String&) { return ValueType::string; },
          [](const Selector& node) { return node.range_ms == 0 ? ValueType::instant_vector : ValueType::range_vector; },
          [](const Subquery&) { return ValueType::range_vector; }, [](const Call&) { return ValueType::unknown; },
          [](const Aggregation&) { return ValueType::instant_vector; },
          [](const Unary& node) { return type_of(*node.of); }, [](const Binary& node) { return binary_type(node); },
          [](const Parentheses& node) { return type_of(*node.of); }},
      expr.node);
}

bool same_tree(const Expr& a, const Expr& b) {
  if (a.node.index() != b.node.index()) return false;
  return std::visit([&](const auto& node) { return same(node, std::get<std::remove_cvref_t<decltype(node)>>(b.node)); },
                    a.node);
}

std::vector<const Expr*> selectors(const Expr& expr) {
  std::vector<const Expr*> out;
  collect(expr, out);
  return out;
}

}  // namespace spm::promql
