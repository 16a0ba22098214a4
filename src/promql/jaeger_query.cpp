#include <algorithm>

#include <spm/promql/jaeger_query.hpp>
#include <spm/promql/parser.hpp>

#include "jaeger_query_forms.hpp"
#include "string_literal.hpp"

namespace spm::promql {
namespace {

/// What `inner` means between double quotes; nullopt: it is not the inside of one string.
std::optional<std::string> unquoted(std::string_view inner) {
  std::string text;
  text.reserve(inner.size() + 2);
  text += '"';
  text += inner;
  text += '"';
  auto literal = read_string_literal(text);
  if (!literal || literal->length != text.size()) return std::nullopt;
  return std::move(literal->value);
}

}  // namespace

std::optional<model::SpanKind> span_kind_of_label_value(std::string_view value) {
  constexpr std::string_view kPrefix = "SPAN_KIND_";
  if (!value.starts_with(kPrefix)) return std::nullopt;
  const auto kind = model::span_kind_from_name(value.substr(kPrefix.size()));
  if (!kind || model::label_value(*kind) != value) return std::nullopt;
  return kind;
}

std::optional<std::vector<std::string>> plain_alternatives(std::string_view regex, bool dots_are_literal) {
  constexpr std::string_view kSpecial = R"(\.+*?()|[]{}^$)";
  if (regex.size() >= 2 && regex.front() == '(' && regex.back() == ')' && regex[regex.size() - 2] != '\\') {
    regex = regex.substr(1, regex.size() - 2);
  }
  std::vector<std::string> names(1);
  for (std::size_t i = 0; i < regex.size(); ++i) {
    const char c = regex[i];
    if (c == '|') {
      names.emplace_back();
    } else if (c == '\\') {
      // An escaped letter or digit is a class or a character of its own.
      if (i + 1 == regex.size() || static_cast<unsigned char>(regex[i + 1]) >= 0x80) return std::nullopt;
      const char next = regex[++i];
      const bool word = (next >= '0' && next <= '9') || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
      if (word) return std::nullopt;
      names.back() += next;
    } else if (kSpecial.find(c) != std::string_view::npos && !(c == '.' && dots_are_literal)) {
      return std::nullopt;
    } else {
      names.back() += c;
    }
  }
  return names;
}

std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t bar = list.find('|');
    const std::string_view part = list.substr(0, bar);
    if (!part.empty()) parts.emplace_back(part);
    if (bar == std::string_view::npos) return parts;
    list.remove_prefix(bar + 1);
  }
}

std::optional<JaegerQuery> recognise(std::string_view text) {
  std::optional<JaegerQuery> exact = recognise_text(text);
  if (exact && !is_span_metric(exact->kind, exact->metric)) exact.reset();
  if (exact) {
    if (auto value = unquoted(exact->service_as_written)) {
      exact->service = std::move(*value);
      return exact;
    }
  }
  const auto tree = parse(text);
  if (!tree) return exact;
  auto query = recognise_tree(**tree);
  if (!query || !is_span_metric(query->kind, query->metric)) return std::nullopt;
  query->may_be_foreign = has_namespace_of_its_own(query->metric);
  return query;
}

std::vector<std::vector<std::string>> service_readings(const JaegerQuery& query) {
  std::vector<std::vector<std::string>> groups;
  const auto add = [&](std::vector<std::string> names) {
    std::erase_if(names, [](const std::string& name) { return name.empty(); });
    if (!names.empty() && std::ranges::find(groups, names) == groups.end()) groups.push_back(std::move(names));
  };
  add({query.service});
  if (!query.service_is_list) return groups;
  // Where it can differ from the parts: something is escaped or in parentheses, as Grafana sends several values. It
  // goes first, since a part that needs no escaping would have series by itself, and the others would be missing.
  if (query.service.find('\\') != std::string::npos || query.service.starts_with('(')) {
    if (auto names = plain_alternatives(query.service, true)) add(std::move(*names));
  }
  add(parts_of(query.service));
  return groups;
}

}  // namespace spm::promql
