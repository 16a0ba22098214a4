#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace spm::http {

/// A time as proto JSON writes it: "2026-11-20T02:30:00Z", or with three digits where there are milliseconds.
class Rfc3339 {
 public:
  /// `unix_ms` lies within the years 1 to 9999.
  explicit Rfc3339(std::int64_t unix_ms) noexcept;
  std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 24> text_{};
  std::size_t size_ = 0;
};

}  // namespace spm::http
