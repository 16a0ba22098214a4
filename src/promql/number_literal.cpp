#include "number_literal.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace spm::promql {
namespace {

std::optional<double> read_integer(std::string_view digits, int base) noexcept {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return static_cast<double>(value);
}

}  // namespace

std::optional<double> read_number(std::string_view text) noexcept {
  const auto is_sign = [](char c) { return c == '+' || c == '-'; };
  if (text.empty() || is_sign(text.front())) return std::nullopt;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    return is_sign(text[2]) ? std::nullopt : read_integer(text.substr(2), 16);
  }
  if (text.size() > 1 && text[0] == '0') {
    if (const auto octal = read_integer(text, 8)) return octal;
  }
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> read_duration_ms(std::string_view text) noexcept {
  struct Unit {
    std::string_view name;
    std::int64_t ms;
  };
  constexpr std::int64_t kDay = 86'400'000;
  constexpr std::array<Unit, 7> kUnits = {
      {{"y", 365 * kDay}, {"w", 7 * kDay}, {"d", kDay}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
  constexpr std::int64_t kMax = 9'223'372'036'854;

  std::int64_t total = 0;
  auto next_unit = kUnits.begin();
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (problem != std::errc() || count < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::string_view name = text.substr(0, std::min(text.find_first_of("0123456789"), text.size()));
    text.remove_prefix(name.size());

    const auto* unit = std::find_if(next_unit, kUnits.end(), [&](const Unit& u) { return u.name == name; });
    if (unit == kUnits.end()) return std::nullopt;
    next_unit = unit + 1;
    if (count > (kMax - total) / unit->ms) return std::nullopt;
    total += count * unit->ms;
  }
  if (total == 0) return std::nullopt;
  return total;
}

}  // namespace spm::promql
