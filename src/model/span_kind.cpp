#include <array>

#include <spm/model/metric_query.hpp>

namespace spm::model {
namespace {

struct Row {
  SpanKind kind;
  std::string_view name;
  std::string_view value;
};
constexpr std::array kRows = {
    Row{SpanKind::unspecified, "unspecified", "SPAN_KIND_UNSPECIFIED"},
    Row{SpanKind::internal, "internal", "SPAN_KIND_INTERNAL"},
    Row{SpanKind::server, "server", "SPAN_KIND_SERVER"},
    Row{SpanKind::client, "client", "SPAN_KIND_CLIENT"},
    Row{SpanKind::producer, "producer", "SPAN_KIND_PRODUCER"},
    Row{SpanKind::consumer, "consumer", "SPAN_KIND_CONSUMER"},
};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal_ignoring_case(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lower_case[i]) return false;
  }
  return true;
}

}  // namespace

std::string_view label_value(SpanKind kind) noexcept { return kRows[static_cast<std::size_t>(kind)].value; }

std::optional<SpanKind> span_kind_from_name(std::string_view name) noexcept {
  for (const Row& row : kRows) {
    if (equal_ignoring_case(name, row.name)) return row.kind;
  }
  return std::nullopt;
}

}  // namespace spm::model
