#include <algorithm>
#include <array>

#include "jaeger_query_forms.hpp"

namespace spm::promql {
namespace {

using model::MetricKind;

/// Names that a label has in one or the other naming of span metrics. `exported_` comes before a name that was taken.
template <std::size_t N>
bool is_one_of(std::string_view label, const std::array<std::string_view, N>& names) {
  constexpr std::string_view kExported = "exported_";
  if (label.starts_with(kExported)) label.remove_prefix(kExported.size());
  return std::ranges::find(names, label) != names.end();
}

bool is_service_label(std::string_view label) {
  return is_one_of(label, std::array<std::string_view, 3>{"service_name", "service.name", "service"});
}
bool is_operation_label(std::string_view label) {
  return is_one_of(label, std::array<std::string_view, 3>{"span_name", "span.name", "operation"});
}
bool is_kind_label(std::string_view label) {
  return is_one_of(label, std::array<std::string_view, 2>{"span_kind", "span.kind"});
}
bool is_error_matcher(const Matcher& matcher) {
  if (matcher.op != MatchOp::equal && matcher.op != MatchOp::regex) return false;
  return is_one_of(matcher.label, std::array<std::string_view, 4>{"status_code", "status.code", "otel_status_code",
                                                                  "otel.status_code"}) &&
         (matcher.value == "STATUS_CODE_ERROR" || matcher.value == "ERROR");
}

const Expr& without_parentheses(const Expr& expr) {
  const Expr* at = &expr;
  while (const auto* inside = at->as<Parentheses>()) at = inside->of.get();
  return *at;
}

/// sum(rate(NAME{..}[R])) by (..), or sum(NAME{..}) by (..), taken apart.
struct Sum {
  std::string metric;
  std::string service_label;
  std::string service;
  bool service_is_list = false;
  std::vector<model::SpanKind> span_kinds;
  std::string operation;
  std::vector<model::Label> others;  ///< matchers on any other label, sorted
  std::int64_t window_ms = 0;        ///< 0: no rate
  bool by_service = false;
  std::string operation_label;
  bool by_le = false;

  friend bool operator==(const Sum&, const Sum&) = default;
};

bool read_kinds(const Matcher& matcher, Sum& sum) {
  std::vector<std::string> values = {matcher.value};
  if (matcher.op == MatchOp::regex) {
    auto alternatives = plain_alternatives(matcher.value, false);
    if (!alternatives) return false;
    values = std::move(*alternatives);
  }
  for (const std::string& value : values) {
    const auto kind = span_kind_of_label_value(value);
    if (!kind) return false;
    sum.span_kinds.push_back(*kind);
  }
  return true;
}

bool read_other(const Matcher& matcher, Sum& sum) {
  if (matcher.label == "le") return false;
  std::string value = matcher.value;
  if (matcher.op == MatchOp::regex) {
    auto alternatives = plain_alternatives(matcher.value, false);
    if (!alternatives || alternatives->size() != 1) return false;
    value = std::move(alternatives->front());
  }
  if (value.empty()) return false;
  if (is_operation_label(matcher.label)) {
    if (!sum.operation.empty()) return false;
    sum.operation = std::move(value);
    return true;
  }
  sum.others.push_back({matcher.label, std::move(value)});
  return true;
}

bool read_matcher(const Matcher& matcher, Sum& sum) {
  if (matcher.op != MatchOp::equal && matcher.op != MatchOp::regex) return false;
  if (matcher.label == "__name__") {
    if (matcher.op != MatchOp::equal || !sum.metric.empty()) return false;
    sum.metric = matcher.value;
    return true;
  }
  if (is_service_label(matcher.label)) {
    if (!sum.service_label.empty()) return false;
    sum.service_label = matcher.label;
    sum.service = matcher.value;
    sum.service_is_list = matcher.op == MatchOp::regex;
    return true;
  }
  if (matcher.op == MatchOp::regex && matcher.value == ".*") return true;  // matches everything
  if (is_kind_label(matcher.label)) return sum.span_kinds.empty() && read_kinds(matcher, sum);
  return read_other(matcher, sum);
}

bool read_selector(const Selector& selector, Sum& sum) {
  if (selector.modifiers != Modifiers{}) return false;
  sum.metric = selector.name;
  sum.window_ms = selector.range_ms;
  const auto read = [&](const Matcher& matcher) { return read_matcher(matcher, sum); };
  if (!std::ranges::all_of(selector.matchers, read)) return false;
  std::ranges::sort(sum.others);
  return !sum.metric.empty() && !sum.service_label.empty();
}

bool read_grouping(const std::optional<Grouping>& grouping, Sum& sum) {
  if (!grouping) return true;
  if (grouping->without) return false;
  for (const std::string& label : grouping->labels) {
    if (label == sum.service_label) {
      sum.by_service = true;
    } else if (label == "le") {
      sum.by_le = true;
    } else if (is_operation_label(label) && (sum.operation_label.empty() || sum.operation_label == label)) {
      sum.operation_label = label;
    } else {
      return false;
    }
  }
  return true;
}

std::optional<Sum> read_sum(const Expr& expr) {
  const auto* aggregation = without_parentheses(expr).as<Aggregation>();
  if (aggregation == nullptr || aggregation->op != "sum") return std::nullopt;
  const Expr* of = &without_parentheses(*aggregation->of);
  const auto* rate = of->as<Call>();
  if (rate != nullptr) {
    if (rate->function != "rate" || rate->arguments.size() != 1) return std::nullopt;
    of = &without_parentheses(*rate->arguments.front());
  }
  const auto* selector = of->as<Selector>();
  Sum sum;
  if (selector == nullptr || !read_selector(*selector, sum)) return std::nullopt;
  if ((rate != nullptr) != (sum.window_ms > 0)) return std::nullopt;
  if (!read_grouping(aggregation->grouping, sum)) return std::nullopt;
  return sum;
}

std::optional<JaegerQuery> question(MetricKind kind, Sum sum) {
  JaegerQuery query;
  query.kind = kind;
  query.service_as_written = sum.service;
  query.service = std::move(sum.service);
  query.service_is_list = sum.service_is_list;
  query.span_kinds = std::move(sum.span_kinds);
  query.operation = std::move(sum.operation);
  query.tags = std::move(sum.others);
  if (sum.by_service) query.service_label = std::move(sum.service_label);
  query.operation_label = std::move(sum.operation_label);
  if (sum.window_ms > 0) query.window_ms = sum.window_ms;
  query.metric = std::move(sum.metric);
  if (!sum.by_service) {
    // Without its label the sum is one service's only where no reading names several.
    const auto several = [](const std::vector<std::string>& names) { return names.size() > 1; };
    if (std::ranges::any_of(service_readings(query), several)) return std::nullopt;
  }
  return query;
}

std::optional<JaegerQuery> latency(const Call& call) {
  if (call.function != "histogram_quantile" || call.arguments.size() != 2) return std::nullopt;
  const auto* quantile = without_parentheses(*call.arguments[0]).as<Number>();
  auto sum = read_sum(*call.arguments[1]);
  if (quantile == nullptr || !sum || !sum->by_le) return std::nullopt;
  auto query = question(MetricKind::latency, std::move(*sum));
  if (query) query->quantile = quantile->value;
  return query;
}

/// Takes the one matcher out of `sum` that says that the status is an error.
bool take_error_matcher(Sum& sum) {
  const auto is_error = [](const model::Label& label) {
    return is_error_matcher(Matcher{label.name, MatchOp::equal, label.value});
  };
  const auto found = std::ranges::find_if(sum.others, is_error);
  if (found == sum.others.end()) return false;
  sum.others.erase(found);
  return true;
}

std::optional<JaegerQuery> error_rate(const Binary& ratio) {
  if (ratio.op != BinaryOp::divide || ratio.matching) return std::nullopt;
  auto errors = read_sum(*ratio.left);
  auto calls = read_sum(*ratio.right);
  if (!errors || !calls || !take_error_matcher(*errors)) return std::nullopt;
  if (*errors != *calls || calls->window_ms == 0 || calls->by_le) return std::nullopt;
  return question(MetricKind::error_rate, std::move(*calls));
}

}  // namespace

std::optional<JaegerQuery> recognise_tree(const Expr& expr) {
  const Expr& whole = without_parentheses(expr);
  if (const auto* call = whole.as<Call>()) return latency(*call);
  if (const auto* ratio = whole.as<Binary>()) return error_rate(*ratio);
  auto sum = read_sum(whole);
  if (!sum || sum->window_ms == 0 || sum->by_le) return std::nullopt;
  return question(MetricKind::call_rate, std::move(*sum));
}

}  // namespace spm::promql
