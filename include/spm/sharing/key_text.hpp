#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace spm::sharing {

/// Writes the members of a key one after another so that no two different keys are the same text: every text stands
/// behind its length, every number ends with a mark.
class KeyText {
 public:
  KeyText& add(std::string_view text) {
    add(static_cast<std::int64_t>(text.size()));
    written_ += text;
    return *this;
  }
  KeyText& add(std::int64_t number) {
    written_ += std::to_string(number);
    written_ += ';';
    return *this;
  }

  std::string take() { return std::move(written_); }

 private:
  std::string written_;
};

}  // namespace spm::sharing
