#include "response_head.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

#include <boost/beast/http/status.hpp>

#include <spm/base/build_info.hpp>

namespace spm::http {
namespace {

std::string_view reason(int status) {
  if (status == 508) return "Loop Detected";
  const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {text.data(), text.size()};
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  const std::size_t begin = out.size();
  out += value;
  for (std::size_t i = begin; i < out.size(); ++i) {
    if ((out[i] >= 0 && out[i] < 0x20) || out[i] == 0x7F) out[i] = ' ';
  }
  out += "\r\n";
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

/// "Fri, 20 Nov 2026 02:30:00 GMT"
std::string imf_date(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss<seconds> clock(time - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", kDays[weekday(day).c_encoding()],
                static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text.data();
}

/// The same for all answers of a second.
std::string_view date_of(std::int64_t unix_ms) {
  using namespace std::chrono;
  struct Written {
    sys_seconds at = sys_seconds::min();
    std::string text;
  };
  thread_local Written last;
  const auto now = floor<seconds>(sys_time<milliseconds>(milliseconds(unix_ms)));
  if (last.at != now) {
    last.text = imf_date(now);
    last.at = now;
  }
  return last.text;
}

}  // namespace

bool is_bodiless(int status) noexcept { return status < 200 || status == 204 || status == 304; }

std::string response_head(const Response& response, const ResponseFraming& framing) {
  std::string out = "HTTP/1.1 ";
  out.reserve(512);
  append_number(out, static_cast<std::size_t>(response.status));
  out += ' ';
  out += reason(response.status);
  out += "\r\n";
  append_field(out, "Date", date_of(framing.now_ms));
  append_field(out, "Server", base::kProgramName);
  if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
  for (const Header& field : response.headers) append_field(out, field.name, field.value);
  append_field(out, "X-Content-Type-Options", "nosniff");
  append_field(out, "X-Request-Id", framing.request_id);
  if (!is_bodiless(response.status)) {
    out += "Content-Length: ";
    append_number(out, response.body_text().size());
    out += "\r\n";
  }
  if (!framing.keep_alive) {
    append_field(out, "Connection", "close");
  } else if (framing.minor_version == 0) {
    append_field(out, "Connection", "keep-alive");
  }
  out += "\r\n";
  return out;
}

}  // namespace spm::http
