#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// The tree of a PromQL expression. Built by parse(), taken apart by the recogniser and by the rules for templates.
namespace spm::promql {

/// Byte offsets in the text that was parsed; `end` is one past the last byte.
struct TextRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};

enum class MatchOp : std::uint8_t {
  equal,
  not_equal,
  regex,
  not_regex
};

struct Matcher {
  std::string label;
  MatchOp op = MatchOp::equal;
  std::string value;  ///< unquoted

  friend bool operator==(const Matcher&, const Matcher&) = default;
};

/// The `@` modifier.
struct At {
  enum class Kind : std::uint8_t {
    time,
    start,
    end
  };

  Kind kind = Kind::time;
  double seconds = 0;  ///< for Kind::time; finite

  friend bool operator==(const At&, const At&) = default;
};

struct Modifiers {
  std::int64_t offset_ms = 0;  ///< 0: none
  std::optional<At> at;

  friend bool operator==(const Modifiers&, const Modifiers&) = default;
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Number {
  double value = 0;
};

struct String {
  std::string value;  ///< unquoted
};

/// name{matchers}[range] offset .. @ ..
struct Selector {
  std::string name;               ///< as written before the brace or as a bare string inside; empty: neither
  std::vector<Matcher> matchers;  ///< in the order of the text; a `__name__` matcher stays one
  std::int64_t range_ms = 0;      ///< 0: instant
  Modifiers modifiers;
};

/// of[range:step] offset .. @ ..
struct Subquery {
  ExprPtr of;
  std::int64_t range_ms = 0;
  std::int64_t step_ms = 0;  ///< 0: the store's default
  Modifiers modifiers;
};

struct Call {
  std::string function;
  std::vector<ExprPtr> arguments;
};

struct Grouping {
  bool without = false;
  std::vector<std::string> labels;

  friend bool operator==(const Grouping&, const Grouping&) = default;
};

struct Aggregation {
  std::string op;     ///< lower case
  ExprPtr parameter;  ///< of topk, bottomk, quantile, count_values; else null
  ExprPtr of;
  std::optional<Grouping> grouping;  ///< `by ()` is not the same as none
};

enum class UnaryOp : std::uint8_t {
  plus,
  minus
};

struct Unary {
  UnaryOp op = UnaryOp::minus;
  ExprPtr of;
};

enum class BinaryOp : std::uint8_t {
  logical_or,
  logical_and,
  unless,
  equal,
  not_equal,
  less_or_equal,
  less,
  greater_or_equal,
  greater,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  atan2,
  power,
};

enum class MatchCardinality : std::uint8_t {
  plain,
  group_left,
  group_right
};

/// on(..) or ignoring(..), with or without group_left(..) or group_right(..).
struct VectorMatching {
  bool on = false;
  std::vector<std::string> labels;
  MatchCardinality cardinality = MatchCardinality::plain;
  std::vector<std::string> include;  ///< labels of group_left / group_right

  friend bool operator==(const VectorMatching&, const VectorMatching&) = default;
};

struct Binary {
  BinaryOp op = BinaryOp::add;
  bool returns_bool = false;
  std::optional<VectorMatching> matching;
  ExprPtr left;
  ExprPtr right;
};

struct Parentheses {
  ExprPtr of;
};

struct Expr {
  using Node = std::variant<Number, String, Selector, Subquery, Call, Aggregation, Unary, Binary, Parentheses>;

  Node node;
  TextRange range;

  template <class T>
  const T* as() const noexcept {
    return std::get_if<T>(&node);
  }
};

enum class ValueType : std::uint8_t {
  scalar,
  instant_vector,
  range_vector,
  string,
  unknown
};

/// What an expression evaluates to; unknown for calls, since functions are not judged.
ValueType type_of(const Expr& expr);

/// Whether both are the same tree, wherever in their texts the parts stood.
bool same_tree(const Expr& a, const Expr& b);

/// Every selector in `expr`, in the order of the text. The pointers live as long as the tree.
std::vector<const Expr*> selectors(const Expr& expr);

}  // namespace spm::promql
