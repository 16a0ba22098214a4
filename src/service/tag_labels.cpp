#include "tag_labels.hpp"

#include <algorithm>
#include <utility>

#include <spm/base/edit_distance.hpp>
#include <spm/base/utf8.hpp>
#include <spm/model/metric_query.hpp>

namespace spm::service {
namespace {

constexpr std::size_t kMaxNear = 5;
constexpr std::size_t kMaxShown = 12;
/// Longer names are compared by their beginnings, and no more labels than any metric has in earnest: what a hostile key
/// can cost stays small.
constexpr std::size_t kMaxCompared = 64;
constexpr std::size_t kMaxLabels = 500;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_label_character(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool continues_code_point(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// One `_` for each character that is not legal, not for each byte.
std::string with_underscores(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (is_label_character(c)) {
      out += c;
    } else if (!continues_code_point(c)) {
      out += '_';
    }
  }
  return out;
}

/// As names are compared: without regard to case and to the difference between `.` and `_`.
std::string folded(std::string_view name) {
  std::string out = with_underscores(name.substr(0, kMaxCompared));
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

std::vector<std::string> near_labels(std::string_view key, std::span<const std::string> known) {
  const std::string wanted = folded(key);
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& label : known.first(std::min(known.size(), kMaxLabels))) {
    const std::string other = folded(label);
    const bool contains = wanted.size() > 2 && other.size() > 2 &&
                          (other.find(wanted) != std::string::npos || wanted.find(other) != std::string::npos);
    const std::size_t apart = contains ? 1 : base::edit_distance(wanted, other);
    if (apart <= std::max<std::size_t>(2, wanted.size() / 3)) ranked.emplace_back(apart, label);
  }
  std::ranges::sort(ranked);
  std::vector<std::string> near;
  for (std::size_t i = 0; i < std::min(kMaxNear, ranked.size()); ++i) near.push_back(std::move(ranked[i].second));
  return near;
}

std::string listed(std::span<const std::string> names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ", ";
    out += base::printable(name, 60);
  }
  return out;
}

}  // namespace

std::string sanitized_label(std::string_view key) {
  std::string label = with_underscores(key);
  if (!label.empty() && is_digit(label.front())) label.insert(0, "key_");
  return label;
}

std::optional<std::string> resolve_label(std::string_view key, std::span<const std::string> known) {
  const std::string plain = with_underscores(key);
  std::vector<std::string> readings = {std::string(key), sanitized_label(key)};
  if (!plain.empty() && is_digit(plain.front())) {
    readings.push_back('_' + plain);
    readings.push_back('_' + plain.substr(1));
  } else if (plain.starts_with('_') && !plain.starts_with("__")) {
    readings.push_back("key" + plain);
  }
  for (std::string& reading : readings) {
    if (std::ranges::find(known, reading) != known.end()) return std::move(reading);
  }
  return std::nullopt;
}

base::Error unknown_label(std::string_view parameter, std::string_view key, std::span<const std::string> known) {
  std::vector<std::string> shown;
  std::ranges::copy_if(known, std::back_inserter(shown),
                       [](const std::string& label) { return !model::is_reserved_label(label); });
  std::string message = "no label of these metrics is called '" + base::printable(key, 60) + "'";
  if (const std::vector<std::string> near = near_labels(key, shown); !near.empty()) {
    message += "; near ones are: " + listed(near);
  } else if (shown.empty()) {
    message += ", they have none";
  } else {
    std::ranges::sort(shown);
    const std::size_t all = shown.size();
    shown.resize(std::min(all, kMaxShown));
    message += "; there are: " + listed(shown);
    if (all > kMaxShown) message += " and " + std::to_string(all - kMaxShown) + " more";
  }
  return base::invalid_parameter(parameter, std::move(message));
}

base::Error reserved_label(std::string_view parameter, std::string_view label) {
  return base::invalid_parameter(
      parameter, "the label '" + base::printable(label, 60) + "' is the store's own: choose one of the spans' labels");
}

}  // namespace spm::service
