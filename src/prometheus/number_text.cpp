#include "number_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace spm::prometheus {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The rare forms, with an exponent or beyond 12 digits.
std::optional<std::int64_t> parse_seconds_slowly(std::string_view text) noexcept {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  constexpr double kMost = 1e12;  // seconds; far beyond any clock, far below overflow
  if (!(std::abs(seconds) < kMost)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(seconds * 1000 + 0.5));
}

/// Text that from_chars finds out of range: strtod says to which side.
double parse_out_of_range(std::string_view text) noexcept {
  std::array<char, 1024> terminated{};
  if (text.size() >= terminated.size()) return std::numeric_limits<double>::quiet_NaN();
  std::memcpy(terminated.data(), text.data(), text.size());
  return std::strtod(terminated.data(), nullptr);
}

}  // namespace

std::optional<std::int64_t> parse_seconds_as_ms(std::string_view text) noexcept {
  std::string_view rest = text;
  const bool negative = !rest.empty() && rest.front() == '-';
  if (negative) rest.remove_prefix(1);

  std::int64_t ms = 0;
  std::size_t digits = 0;
  while (digits < rest.size() && is_digit(rest[digits])) {
    if (digits == 12) return parse_seconds_slowly(text);
    ms = ms * 10 + (rest[digits] - '0');
    ++digits;
  }
  if (digits == 0) return std::nullopt;
  ms *= 1000;
  rest.remove_prefix(digits);
  if (rest.empty()) return negative ? -ms : ms;
  if (rest.front() != '.' || negative) return parse_seconds_slowly(text);
  rest.remove_prefix(1);
  if (rest.empty()) return std::nullopt;
  std::int64_t weight = 100;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (!is_digit(rest[i])) return parse_seconds_slowly(text);
    if (i < 3) {
      ms += (rest[i] - '0') * weight;
      weight /= 10;
    } else if (i == 3 && rest[i] >= '5') {
      ++ms;
    }
  }
  return ms;
}

std::optional<double> parse_sample_value(std::string_view text) noexcept {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text.empty()) return std::nullopt;
  const char last = text.back();
  if (!is_digit(last) && last != '.') {
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "+Inf" || text == "Inf") return kInfinity;
    if (text == "-Inf") return -kInfinity;
    return std::nullopt;
  }
  if (text.front() == '+') text.remove_prefix(1);
  if (text.empty() || text.front() == '+') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc{}) return value;
  if (error != std::errc::result_out_of_range) return std::nullopt;
  const double rounded = parse_out_of_range(text);
  if (std::isnan(rounded)) return std::nullopt;
  return rounded;
}

}  // namespace spm::prometheus
