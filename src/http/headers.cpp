#include <algorithm>

#include <spm/http/message.hpp>

#include "text.hpp"

namespace spm::http {

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

const std::string* Headers::find(std::string_view name) const noexcept {
  const auto found =
      std::ranges::find_if(fields_, [&](const Header& field) { return equal_ignoring_case(field.name, name); });
  return found == fields_.end() ? nullptr : &found->value;
}

std::size_t Headers::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields_, [&](const Header& field) { return equal_ignoring_case(field.name, name); }));
}

bool Headers::has_token(std::string_view name, std::string_view token) const noexcept {
  for (const Header& field : fields_) {
    if (!equal_ignoring_case(field.name, name)) continue;
    ListReader list(field.value);
    while (const auto member = list.next()) {
      if (equal_ignoring_case(*member, token)) return true;
    }
  }
  return false;
}

}  // namespace spm::http
