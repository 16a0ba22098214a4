#include <charconv>
#include <cmath>

#include "jaeger_query_forms.hpp"

namespace spm::promql {
namespace {

using model::MetricKind;

constexpr std::string_view kBeforeService = R"({service_name =~ ")";
constexpr std::string_view kAfterService = R"(", )";
constexpr std::string_view kErrorMatcher =
    R"(", status_code = "STATUS_CODE_ERROR)";  // the quote after it: kAfterService
constexpr std::string_view kHalves = " / ";

/// Takes literals and runs of characters off the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  bool take(std::string_view literal) noexcept {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }
  /// Up to the first of `stops`, which must come.
  std::string_view take_until(std::string_view stops) noexcept {
    const std::size_t end = rest_.find_first_of(stops);
    if (end == std::string_view::npos) return {};
    const std::string_view run = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return run;
  }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

std::optional<double> number(std::string_view text) noexcept {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// A Go duration that was cut after its first letter: "10m", "1.5s"; what was "500ms" is "500m" and means that.
std::optional<std::int64_t> cut_duration_ms(std::string_view text) noexcept {
  if (text.size() < 2 || text.front() < '0' || text.front() > '9') return std::nullopt;
  double unit_ms = 0;
  switch (text.back()) {
    case 'h':
      unit_ms = 3'600'000;
      break;
    case 'm':
      unit_ms = 60'000;
      break;
    case 's':
      unit_ms = 1'000;
      break;
    default:
      return std::nullopt;
  }
  text.remove_suffix(1);
  if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  const auto count = number(text);
  if (!count || *count * unit_ms > static_cast<double>(model::kMaxDurationMs)) return std::nullopt;
  const auto ms = static_cast<std::int64_t>(std::llround(*count * unit_ms));
  if (ms <= 0) return std::nullopt;
  return ms;
}

/// What stands before the service name.
struct Head {
  std::string_view text;
  JaegerQuery query;
  bool rate = true;
};

/// A plain name, or one with dots: with any other character the text is an expression of something else.
bool is_metric(std::string_view name) {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:.";
  return !name.empty() && name.find_first_not_of(kCharacters) == std::string_view::npos;
}

std::optional<Head> read_head(std::string_view text) {
  Reader reader(text);
  Head head;
  if (reader.take("histogram_quantile(")) {
    const auto quantile = number(reader.take_until(","));
    if (!quantile || !reader.take(", ")) return std::nullopt;
    head.query.kind = MetricKind::latency;
    head.query.quantile = *quantile;
  }
  if (!reader.take("sum(")) return std::nullopt;
  head.rate = reader.take("rate(");
  if (!head.rate && head.query.kind != MetricKind::latency) return std::nullopt;
  const std::string_view metric = reader.take_until("{");
  if (!is_metric(metric) || !reader.take(kBeforeService)) return std::nullopt;
  head.query.metric = metric;
  head.text = text.substr(0, text.size() - reader.rest().size());
  return head;
}

/// Reads what stands after the service name, `tail` from its closing quote to the end, into `query`.
bool read_tail(std::string_view tail, bool rate, JaegerQuery& query) {
  Reader reader(tail);
  query.span_kinds.clear();
  query.operation_label.clear();
  if (!reader.take(kAfterService)) return false;
  if (reader.take(R"(span_kind =~ ")")) {
    do {
      const auto kind = span_kind_of_label_value(reader.take_until("|\""));
      if (!kind) return false;
      query.span_kinds.push_back(*kind);
    } while (reader.take("|"));
    if (!reader.take("\"")) return false;
  }
  if (!reader.take("}")) return false;
  if (rate) {
    if (!reader.take("[")) return false;
    const std::string_view window = reader.take_until("]");
    const auto window_ms = cut_duration_ms(window);
    if (!window_ms || !reader.take("])")) return false;
    query.window_ms = *window_ms;
    query.window_as_written = window;
  }
  if (!reader.take(") by (service_name")) return false;
  query.service_label = "service_name";
  for (const std::string_view label : {"span_name", "operation"}) {
    if (!reader.take("," + std::string(label))) continue;
    query.operation_label = label;
    break;
  }
  return reader.take(query.kind == MetricKind::latency ? ",le))" : ")") && reader.rest().empty();
}

/// Where the last tail of `text` begins that can be read, which fills `query`; npos: there is none.
std::size_t find_tail(std::string_view text, std::size_t from, bool rate, JaegerQuery& query) {
  std::size_t at = text.rfind(kAfterService);
  while (at != std::string_view::npos && at >= from) {
    if (read_tail(text.substr(at), rate, query)) return at;
    if (at == 0) break;
    at = text.rfind(kAfterService, at - 1);
  }
  return std::string_view::npos;
}

/// The service of an error rate, in whose text it stands twice: head S error tail / head S tail.
std::optional<std::string_view> service_of_error_rate(std::string_view text, std::string_view head,
                                                      std::string_view tail) {
  const std::size_t fixed = 2 * head.size() + kErrorMatcher.size() + 2 * tail.size() + kHalves.size();
  if (text.size() < fixed || (text.size() - fixed) % 2 != 0) return std::nullopt;
  const std::string_view service = text.substr(head.size(), (text.size() - fixed) / 2);
  Reader reader(text);
  const bool agree = reader.take(head) && reader.take(service) && reader.take(kErrorMatcher) && reader.take(tail) &&
                     reader.take(kHalves) && reader.take(head) && reader.take(service) && reader.take(tail);
  if (!agree) return std::nullopt;
  return service;
}

}  // namespace

std::optional<JaegerQuery> recognise_text(std::string_view text) {
  auto head = read_head(text);
  if (!head) return std::nullopt;
  const std::size_t service_at = head->text.size();
  const std::size_t tail_at = find_tail(text, service_at, head->rate, head->query);
  if (tail_at == std::string_view::npos) return std::nullopt;

  std::string_view service = text.substr(service_at, tail_at - service_at);
  if (head->query.kind != MetricKind::latency) {
    if (const auto of_ratio = service_of_error_rate(text, head->text, text.substr(tail_at))) {
      head->query.kind = MetricKind::error_rate;
      service = *of_ratio;
    }
  }
  head->query.service = service;
  head->query.service_as_written = service;
  return std::move(head->query);
}

}  // namespace spm::promql
