#include "log_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include <spm/base/utf8.hpp>

namespace spm::telemetry {
namespace {

constexpr std::string_view kCut = "...";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string_view name_of(base::Severity severity) {
  switch (severity) {
    case base::Severity::debug:
      return "debug";
    case base::Severity::info:
      return "info";
    case base::Severity::warning:
      return "warning";
    case base::Severity::error:
      return "error";
  }
  return "error";
}

/// How many bytes the lead byte `first` promises; 0 when it leads nothing.
std::size_t promised_length(std::uint8_t first) {
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  return first < 0xF5 ? 4 : 0;
}

/// The well-formed code point at the start of `text`, or nothing.
std::string_view first_code_point(std::string_view text) {
  const std::size_t length = promised_length(static_cast<std::uint8_t>(text[0]));
  if (length == 0 || length > text.size()) return {};
  const std::string_view candidate = text.substr(0, length);
  return length == 1 || base::is_valid_utf8(candidate) ? candidate : std::string_view{};
}

void append_u_escape(std::string& out, unsigned code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex[(code >> shift) & 0xFU];
}

/// ASCII control bytes, the C1 controls, and the two Unicode line ends: all of them end lines or steer terminals
/// somewhere. Returns the code point, or -1 for an innocent one.
int dangerous(std::string_view code_point) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(code_point[i]); };
  if (code_point.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F ? byte(0) : -1;
  if (code_point.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0 ? byte(1) : -1;
  if (code_point == "\xE2\x80\xA8") return 0x2028;
  if (code_point == "\xE2\x80\xA9") return 0x2029;
  return -1;
}

void append_code_point(std::string& out, std::string_view code_point) {
  switch (code_point[0]) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const int code = dangerous(code_point);
  if (code >= 0) {
    append_u_escape(out, static_cast<unsigned>(code));
  } else {
    out += code_point;
  }
}

enum class Look : std::uint8_t {
  bare,    ///< logfmt needs no quotes
  spaced,  ///< as it is between quotes
  odd      ///< something has to be escaped
};

/// Nearly everything that is logged is short plain ASCII, and this is written for each request.
Look look_of(std::string_view text) {
  if (text.empty()) return Look::spaced;
  if (text.size() > kMaxValueBytes) return Look::odd;
  Look look = Look::bare;
  for (const char c : text) {
    if (c <= 0x1F || c == 0x7F || c == '"' || c == '\\') return Look::odd;  // bytes from 0x80 on are negative
    if (c == ' ' || c == '=') look = Look::spaced;
  }
  return look;
}

/// Whether logfmt may show `escaped`, which was made from `text`, without quotes.
bool bare(std::string_view text, std::string_view escaped) {
  if (text.empty() || text != escaped) return false;
  return std::ranges::none_of(text, [](char c) { return c == ' ' || c == '='; });
}

void append_odd_text(std::string& out, LogFormat format, std::string_view text) {
  const std::string escaped = escape(text);
  if (format == LogFormat::logfmt && bare(text, escaped)) {
    out += escaped;
  } else {
    out += '"';
    out += escaped;
    out += '"';
  }
}

void append_text(std::string& out, LogFormat format, std::string_view text) {
  const Look look = look_of(text);
  if (look == Look::odd) return append_odd_text(out, format, text);
  if (look == Look::bare && format == LogFormat::logfmt) {
    out += text;
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

template <class Integer>
void append_integer(std::string& out, Integer number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_number(std::string& out, LogFormat format, double number) {
  if (!std::isfinite(number)) {
    append_text(out, format, std::isnan(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf");
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_value(std::string& out, LogFormat format, const Field::Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    append_text(out, format, *text);
  } else if (const auto* number = std::get_if<double>(&value)) {
    append_number(out, format, *number);
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    append_integer(out, *integer);
  } else if (const auto* natural = std::get_if<std::uint64_t>(&value)) {
    append_integer(out, *natural);
  } else {
    out += std::get<bool>(value) ? "true" : "false";
  }
}

void append_field(std::string& out, LogFormat format, const Field& field) {
  if (format == LogFormat::json) {
    out += out.empty() ? "{\"" : ",\"";
    out += field.key;
    out += "\":";
  } else {
    if (!out.empty()) out += ' ';
    out += field.key;
    out += '=';
  }
  append_value(out, format, field.value);
}

}  // namespace

std::string format_time(std::int64_t unix_ms) {
  using std::chrono::days, std::chrono::floor, std::chrono::milliseconds, std::chrono::sys_time;
  const sys_time<milliseconds> time{milliseconds{unix_ms}};
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto put = [&text](std::size_t at, std::size_t digits, std::uint64_t number) {
    for (std::size_t i = at + digits; i-- > at; number /= 10) text[i] = static_cast<char>('0' + number % 10);
  };
  put(0, 4, static_cast<std::uint64_t>(std::clamp(static_cast<int>(date.year()), 0, 9999)));
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, static_cast<std::uint64_t>(clock.hours().count()));
  put(14, 2, static_cast<std::uint64_t>(clock.minutes().count()));
  put(17, 2, static_cast<std::uint64_t>(clock.seconds().count()));
  put(20, 3, static_cast<std::uint64_t>(clock.subseconds().count()));
  return text;
}

std::string escape(std::string_view text, std::size_t max_bytes) {
  std::string out;
  std::size_t cut_at = 0;  // the last end of a code point after which the mark of a cut still fits
  while (!text.empty()) {
    if (out.size() + kCut.size() <= max_bytes) cut_at = out.size();
    const std::string_view code_point = first_code_point(text);
    if (code_point.empty()) {
      out += kReplacement;
      text.remove_prefix(1);
    } else {
      append_code_point(out, code_point);
      text.remove_prefix(code_point.size());
    }
    if (out.size() > max_bytes) {
      out.resize(cut_at);
      return out.append(kCut);
    }
  }
  return out;
}

std::string format_line(LogFormat format, std::int64_t unix_ms, base::Severity severity, std::string_view message,
                        std::span<const Field> fields) {
  constexpr std::size_t kUsualLine = 512;
  std::string line;
  line.reserve(kUsualLine);
  const std::string time = format_time(unix_ms);
  append_field(line, format, Field("ts", time));
  append_field(line, format, Field("level", name_of(severity)));
  append_field(line, format, Field("msg", message));
  for (const Field& field : fields) append_field(line, format, field);
  if (format == LogFormat::json) line += '}';
  return line;
}

}  // namespace spm::telemetry
