#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace spm::rates {

/// One base-128 number at the start of a text of bytes.
struct Varint {
  enum class State : std::uint8_t {
    whole,
    cut,     ///< the bytes end inside the number
    endless  ///< more than ten bytes, or more than 64 bits
  };
  State state = State::cut;
  std::uint64_t value = 0;
  std::size_t bytes = 0;  ///< how many it takes, when whole
};

inline Varint read_varint(std::string_view bytes) noexcept {
  constexpr std::size_t kLongest = 10;
  Varint number;
  for (std::size_t i = 0; i < bytes.size() && i < kLongest; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    if (i == kLongest - 1 && byte > 1) return {Varint::State::endless, 0, 0};
    number.value |= static_cast<std::uint64_t>(byte & 0x7FU) << (7 * i);
    if (byte < 0x80) return {Varint::State::whole, number.value, i + 1};
  }
  return number;
}

/// Signed numbers of small size are small varints: 0, -1, 1, -2, ...
inline std::int64_t from_zigzag(std::uint64_t number) noexcept {
  return static_cast<std::int64_t>((number >> 1U) ^ (~(number & 1U) + 1U));
}

}  // namespace spm::rates
