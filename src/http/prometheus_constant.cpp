#include "prometheus_constant.hpp"

#include <cmath>

namespace spm::http {
namespace {

std::optional<double> apply(promql::BinaryOp op, double left, double right) {
  switch (op) {
    case promql::BinaryOp::add:
      return left + right;
    case promql::BinaryOp::subtract:
      return left - right;
    case promql::BinaryOp::multiply:
      return left * right;
    case promql::BinaryOp::divide:
      return left / right;
    case promql::BinaryOp::modulo:
      return std::fmod(left, right);
    case promql::BinaryOp::power:
      return std::pow(left, right);
    case promql::BinaryOp::atan2:
      return std::atan2(left, right);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<double> constant_value(const promql::Expr& expr) {
  if (const auto* number = expr.as<promql::Number>()) return number->value;
  if (const auto* inside = expr.as<promql::Parentheses>()) return constant_value(*inside->of);
  if (const auto* sign = expr.as<promql::Unary>()) {
    const auto value = constant_value(*sign->of);
    if (!value) return std::nullopt;
    return sign->op == promql::UnaryOp::minus ? -*value : *value;
  }
  const auto* binary = expr.as<promql::Binary>();
  if (binary == nullptr) return std::nullopt;
  const auto left = constant_value(*binary->left);
  if (!left) return std::nullopt;
  const auto right = constant_value(*binary->right);
  if (!right) return std::nullopt;
  return apply(binary->op, *left, *right);
}

}  // namespace spm::http
