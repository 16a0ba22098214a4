#include "rfc3339.hpp"

#include <chrono>

namespace spm::http {
namespace {

/// Writes `value` with leading zeros.
char* put(char* at, std::uint32_t value, int digits) noexcept {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return at + digits;
}

}  // namespace

Rfc3339::Rfc3339(std::int64_t unix_ms) noexcept {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss<milliseconds> clock(time - day);

  char* at = text_.data();
  at = put(at, static_cast<std::uint32_t>(static_cast<int>(date.year())), 4);
  *at++ = '-';
  at = put(at, static_cast<unsigned>(date.month()), 2);
  *at++ = '-';
  at = put(at, static_cast<unsigned>(date.day()), 2);
  *at++ = 'T';
  at = put(at, static_cast<std::uint32_t>(clock.hours().count()), 2);
  *at++ = ':';
  at = put(at, static_cast<std::uint32_t>(clock.minutes().count()), 2);
  *at++ = ':';
  at = put(at, static_cast<std::uint32_t>(clock.seconds().count()), 2);
  if (const auto fraction = static_cast<std::uint32_t>(clock.subseconds().count()); fraction != 0) {
    *at++ = '.';
    at = put(at, fraction, 3);
  }
  *at++ = 'Z';
  size_ = static_cast<std::size_t>(at - text_.data());
}

}  // namespace spm::http
