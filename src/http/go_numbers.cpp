#include "go_numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <spm/base/utf8.hpp>
#include <spm/http/message.hpp>

namespace spm::http {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;

tl::unexpected<base::Error> refuse(std::string_view text, std::string_view what) {
  return fail(ErrorKind::invalid_argument, "'" + base::printable(text, 60) + "' " + std::string(what));
}

template <class Number, class... Format>
Result<Number> read_all(std::string_view whole, std::string_view digits, std::string_view wanted, Format... format) {
  Number number{};
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number, format...);
  if (error == std::errc::result_out_of_range && stop == end) return refuse(whole, "is out of range");
  if (error != std::errc() || stop != end) return refuse(whole, wanted);
  return number;
}

constexpr std::string_view kWantedInt = "is not a whole number";
constexpr std::string_view kWantedFloat = "is not a number, write one such as 0.95";

}  // namespace

Result<std::int64_t> parse_go_int(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) {
    digits.remove_prefix(1);
    if (digits.starts_with('-')) return refuse(text, kWantedInt);
  }
  return read_all<std::int64_t>(text, digits, kWantedInt);
}

Result<double> parse_go_float(std::string_view text) {
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  const bool is_signed = negative || digits.starts_with('+');
  if (is_signed) digits.remove_prefix(1);

  if (equal_ignoring_case(digits, "inf") || equal_ignoring_case(digits, "infinity")) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    return negative ? -kInfinity : kInfinity;
  }
  if (!is_signed && equal_ignoring_case(digits, "nan")) return std::numeric_limits<double>::quiet_NaN();

  auto format = std::chars_format::general;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    format = std::chars_format::hex;
    if (digits.find_first_of("pP") == std::string_view::npos) return refuse(text, kWantedFloat);
  }
  // from_chars reads a second sign and the words above, too.
  const bool begins_a_number =
      !digits.empty() &&
      (digits.front() == '.' || (digits.front() >= '0' && digits.front() <= '9') || format == std::chars_format::hex);
  if (!begins_a_number || digits.front() == '-') return refuse(text, kWantedFloat);
  auto number = read_all<double>(text, digits, kWantedFloat, format);
  if (number && negative) return -*number;
  return number;
}

Result<bool> parse_go_bool(std::string_view text) {
  constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
  constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};
  if (std::ranges::find(kTrue, text) != kTrue.end()) return true;
  if (std::ranges::find(kFalse, text) != kFalse.end()) return false;
  return refuse(text, "is neither true nor false");
}

}  // namespace spm::http
