#include "words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include <spm/base/utf8.hpp>

namespace spm::diagnosis {
namespace {

constexpr std::int64_t kSecond = 1'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

std::string in_units(std::int64_t ms, std::int64_t unit, std::string_view name) {
  return std::to_string((ms + unit / 2) / unit) + " " + std::string(name);
}

}  // namespace

std::string span_text(std::int64_t ms) {
  ms = std::max<std::int64_t>(ms, 0);
  if (ms < kSecond) return std::to_string(ms) + " ms";
  if (ms <= 90 * kSecond) return in_units(ms, kSecond, "s");
  if (ms < 90 * kMinute) return in_units(ms, kMinute, "min");
  if (ms < 48 * kHour) return in_units(ms, kHour, "h");
  return in_units(ms, kDay, "days");
}

std::string age_text(std::int64_t age_ms) {
  if (age_ms < 0) return span_text(-age_ms) + " in the future";
  return span_text(std::max(age_ms, kSecond)) + " old";
}

std::string time_text(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / kSecond - (unix_ms % kSecond < 0 ? 1 : 0);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(unix_ms) + " ms";
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(text.data(), length);
}

std::string count_text(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string list_text(const std::vector<std::string>& items, std::size_t at_most) {
  // "and 1 more" would be as long as the one.
  const std::size_t shown = items.size() <= at_most + 1 ? items.size() : at_most;
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += base::printable(items[i], 100);
  }
  if (shown < items.size()) text += " and " + std::to_string(items.size() - shown) + " more";
  return text;
}

std::string percent_text(double share) {
  std::array<char, 32> text{};
  const double percent = std::clamp(share * 100, 0.0, 100.0);
  std::snprintf(text.data(), text.size(), percent < 10 ? "%.1f %%" : "%.0f %%", percent);
  return text.data();
}

std::string sentence(std::string_view text) {
  std::string made(text);
  if (made.empty()) return made;
  // A metric's name stays as it is.
  const std::string_view first = text.substr(0, text.find_first_of(" ,:"));
  const bool word = std::ranges::all_of(first, [](char c) { return (c >= 'a' && c <= 'z') || c == '\''; });
  if (word) made.front() = static_cast<char>(made.front() - 'a' + 'A');
  if (made.back() != '.' && made.back() != '!' && made.back() != '?') made += '.';
  return made;
}

std::string spoken_kind(std::string_view value) {
  constexpr std::string_view kPrefix = "SPAN_KIND_";
  if (value.empty()) return "none";
  if (!value.starts_with(kPrefix)) return base::printable(value, 40);
  std::string kind(value.substr(kPrefix.size()));
  std::ranges::transform(kind, kind.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return base::printable(kind, 40);
}

}  // namespace spm::diagnosis
