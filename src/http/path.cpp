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

}  // namespace spm::http
