#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <spm/promql/jaeger_query.hpp>

namespace spm::promql::testing {

/// The ways in which Jaegers of different age write the same question.
enum class Era {
  v1_23,  ///< to 1.31: latencies without rate and window, values not escaped
  v1_32,  ///< to 1.72: values not escaped
  v1_73   ///< from there, and 2.10: values quoted as Go does
};

/// strconv.Quote for bytes that are ASCII, letters, or one of the invisible characters that it escapes.
inline std::string go_quote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kZeroWidthSpace = "\xE2\x80\x8B";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (text.substr(i).starts_with(kZeroWidthSpace)) {
      out += "\\u200b";
      i += kZeroWidthSpace.size() - 1;
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[i];
    } else if (constexpr std::string_view kControls = "\a\b\f\n\r\t\v"; kControls.find(text[i]) != std::string::npos) {
      out += '\\';
      out += "abfnrtv"[kControls.find(text[i])];
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\x";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    } else {
      out += text[i];
    }
  }
  return out + '"';
}

/// What Go prints for a duration, cut after its first letter.
inline std::string go_window(std::int64_t ms) {
  if (ms >= 3'600'000) return std::to_string(ms / 3'600'000) + "h";
  if (ms >= 60'000) return std::to_string(ms / 60'000) + "m";
  if (ms < 1'000) return std::to_string(ms) + "m";  // of "ms"
  std::string text = std::to_string(ms / 1'000);
  if (ms % 1'000 != 0) {
    std::string fraction = std::to_string(1'000 + ms % 1'000).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += '.' + fraction;
  }
  return text + "s";
}

/// The text that a Jaeger of that era sends for a question.
inline std::string build_jaeger(const JaegerQuery& query, Era era) {
  using model::MetricKind;
  std::string kinds;
  for (const model::SpanKind kind : query.span_kinds) {
    kinds += (kinds.empty() ? "" : "|") + std::string(model::label_value(kind));
  }
  if (!kinds.empty()) kinds = "span_kind =~ \"" + kinds + "\"";
  const std::string service =
      "service_name =~ " + (era == Era::v1_73 ? go_quote(query.service) : '"' + query.service_as_written + '"') + ", ";
  const std::string range =
      '[' + (query.window_as_written.empty() ? go_window(query.window_ms) : query.window_as_written) + ']';
  std::string by = query.service_label;
  if (!query.operation_label.empty()) by += ',' + query.operation_label;
  const auto sum = [&](const std::string& matchers) {
    return "sum(rate(" + query.metric + '{' + matchers + '}' + range + ")) by (" + by + ')';
  };
  if (query.kind == MetricKind::call_rate) return sum(service + kinds);
  if (query.kind == MetricKind::error_rate) {
    return sum(service + "status_code = \"STATUS_CODE_ERROR\", " + kinds) + " / " + sum(service + kinds);
  }
  char quantile[400];
  std::snprintf(quantile, sizeof quantile, "%.2f", query.quantile);
  const std::string of = query.metric + '{' + service + kinds + '}';
  return "histogram_quantile(" + std::string(quantile) + ", sum(" +
         (era == Era::v1_23 ? of : "rate(" + of + range + ')') + ") by (" + by + ",le))";
}

}  // namespace spm::promql::testing
