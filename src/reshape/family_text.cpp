#include <array>
#include <charconv>
#include <string_view>

#include <spm/reshape/family.hpp>

namespace spm::reshape {
namespace {

/// The shortest decimal text that reads back as `quantile`, with at least two decimals: 0.5 is "0.50", 0.999 stays.
std::string quantile_text(double quantile) {
  std::array<char, 400> buffer{};  // the smallest double above 0 has 324 digits after the point
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), quantile, std::chars_format::fixed);
  std::string text(buffer.data(), error == std::errc{} ? end : buffer.data());
  if (text.find('.') == std::string::npos) text += '.';
  const std::size_t decimals = text.size() - text.find('.') - 1;
  if (decimals < 2) text.append(2 - decimals, '0');
  return text;
}

}  // namespace

std::string family_name(const model::MetricQuery& query) {
  std::string name = query.group_by_operation ? "service_operation_" : "service_";
  switch (query.kind) {
    case model::MetricKind::latency:
      name += "latencies";
      break;
    case model::MetricKind::call_rate:
      name += "call_rate";
      break;
    case model::MetricKind::error_rate:
      name += "error_rate";
      break;
  }
  return name;
}

std::string family_help(const model::MetricQuery& query) {
  std::string help;
  switch (query.kind) {
    case model::MetricKind::latency:
      help = quantile_text(query.quantile) + "th quantile latency, grouped by service";
      break;
    case model::MetricKind::call_rate:
      help = "calls/sec, grouped by service";
      break;
    case model::MetricKind::error_rate:
      help = "error rate, computed as a fraction of errors/sec over calls/sec, grouped by service";
      break;
  }
  if (query.group_by_operation) help += " & operation";
  return help;
}

}  // namespace spm::reshape
