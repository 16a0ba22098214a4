#include "path.hpp"

#include <algorithm>

#include "form.hpp"

namespace spm::http {
namespace {

bool is_segment(std::string_view segment) {
  if (segment.empty() || segment == "." || segment == "..") return false;
  return std::ranges::none_of(segment,
                              [](char c) { return c == '/' || c == '\\' || c == 0x7F || (c >= 0 && c < 0x20); });
}

}  // namespace

std::optional<std::string> decode_path(std::string_view raw) {
  if (!raw.starts_with('/')) return std::nullopt;
  std::string path;
  raw.remove_prefix(1);
  for (;;) {
    path += '/';
    if (raw.empty()) return path;  // "/" itself, or a trailing slash
    const std::size_t slash = raw.find('/');
    const auto segment = percent_decode(raw.substr(0, slash));
    if (!segment || !is_segment(*segment)) return std::nullopt;
    path += *segment;
    if (slash == std::string_view::npos) return path;
    raw.remove_prefix(slash + 1);
  }
}

std::optional<std::string_view> below_base(std::string_view path, std::string_view base_path) noexcept {
  while (base_path.ends_with('/')) base_path.remove_suffix(1);
  if (!path.starts_with(base_path)) return std::nullopt;
  path.remove_prefix(base_path.size());
  if (!path.starts_with('/')) return std::nullopt;
  return path;
}

std::optional<RoutePath> split_path(std::string_view raw, std::string_view base_path) {
  const auto next_segment = [](std::string_view& rest) {
    rest.remove_prefix(1);  // the slash
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    rest.remove_prefix(segment.size());
    return segment;
  };
  while (base_path.ends_with('/')) base_path.remove_suffix(1);
  RoutePath path;
  while (!raw.empty()) {
    if (!raw.starts_with('/')) return std::nullopt;
    auto segment = percent_decode(next_segment(raw));
    if (!segment || segment->empty() || *segment == "." || *segment == "..") return std::nullopt;
    if (base_path.empty()) {
      path.segments.push_back(std::move(*segment));
    } else if (*segment != next_segment(base_path)) {
      return std::nullopt;
    }
  }
  if (!base_path.empty()) return std::nullopt;
  return path;
}

}  // namespace spm::http
