#pragma once

#include <optional>
#include <string_view>

namespace spm::http {

/// `text` without the spaces and tabs around it (HTTP's optional whitespace).
std::string_view trimmed(std::string_view text) noexcept;

/// Whether `c` may stand in an HTTP token: a method, a field name.
bool is_token_char(char c) noexcept;

/// Reads a comma-separated header value member by member, trimmed; empty members are left out.
class ListReader {
 public:
  explicit ListReader(std::string_view list) noexcept : rest_(list) {}
  std::optional<std::string_view> next() noexcept;

 private:
  std::string_view rest_;
};

}  // namespace spm::http
