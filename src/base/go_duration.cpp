#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include <spm/base/go_duration.hpp>
#include <spm/base/utf8.hpp>

namespace spm::base {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};
// Longest names first, so that "ms" is not read as "m".
constexpr std::array kUnits = {
    Unit{"ns", 1},         Unit{"us", 1'000},        Unit{"\u00b5s", 1'000},    Unit{"\u03bcs", 1'000},
    Unit{"ms", 1'000'000}, Unit{"s", 1'000'000'000}, Unit{"m", 60'000'000'000}, Unit{"h", 3'600'000'000'000},
};

tl::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(invalid_parameter("duration", "'" + printable(text) + "' is not a duration: " + std::string(why) +
                                                ", write for example 30s, 1m30s or 500ms"));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Result<std::chrono::nanoseconds> parse_go_duration(std::string_view text) {
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (rest == "0") return std::chrono::nanoseconds{0};
  if (rest.empty()) return refuse(text, "it is empty");

  std::int64_t total = 0;
  while (!rest.empty()) {
    std::size_t digits = 0;
    while (digits < rest.size() && (is_digit(rest[digits]) || rest[digits] == '.')) ++digits;
    const std::string_view number = rest.substr(0, digits);
    rest.remove_prefix(digits);
    long double value = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed);
    if (error != std::errc{} || end != number.data() + number.size()) return refuse(text, "a number is missing");

    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (rest.starts_with(candidate.name)) {
        unit = &candidate;
        break;
      }
    }
    if (unit == nullptr) return refuse(text, "a unit is missing");
    rest.remove_prefix(unit->name.size());

    const long double part = value * static_cast<long double>(unit->nanoseconds);
    if (part > static_cast<long double>(std::numeric_limits<std::int64_t>::max() - total)) {
      return refuse(text, "it is longer than 292 years");
    }
    total += static_cast<std::int64_t>(part);
  }
  return std::chrono::nanoseconds{negative ? -total : total};
}

std::string format_go_duration(std::chrono::nanoseconds value) {
  std::int64_t left = value.count();
  if (left == 0) return "0s";
  std::string text;
  if (left < 0) {
    text = "-";
    left = -left;
  }
  struct Part {
    const char* name;
    std::int64_t nanoseconds;
  };
  for (const Part& part : {Part{"h", 3'600'000'000'000}, Part{"m", 60'000'000'000}, Part{"s", 1'000'000'000},
                           Part{"ms", 1'000'000}, Part{"us", 1'000}, Part{"ns", 1}}) {
    if (left >= part.nanoseconds) {
      text += std::to_string(left / part.nanoseconds) + part.name;
      left %= part.nanoseconds;
    }
  }
  return text;
}

}  // namespace spm::base
