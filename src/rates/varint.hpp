#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
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

/// Takes the seven bits of each byte together; the first byte is the lowest.
constexpr std::uint64_t join_sevens(std::uint64_t bytes) noexcept {
  bytes &= 0x7F7F'7F7F'7F7F'7F7F;
  bytes = (bytes & 0x007F'007F'007F'007F) | ((bytes & 0x7F00'7F00'7F00'7F00) >> 1U);
  bytes = (bytes & 0x0000'3FFF'0000'3FFF) | ((bytes & 0x3FFF'0000'3FFF'0000) >> 2U);
  return (bytes & 0x0000'0000'0FFF'FFFF) | ((bytes & 0x0FFF'FFFF'0000'0000) >> 4U);
}

/// Byte by byte: near the end of the bytes, and numbers of more than eight.
inline Varint read_long_varint(std::string_view bytes) noexcept {
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

inline Varint read_varint(std::string_view bytes) noexcept {
  if (!bytes.empty() && static_cast<std::uint8_t>(bytes[0]) < 0x80) {
    return {Varint::State::whole, static_cast<std::uint8_t>(bytes[0]), 1};
  }
  if constexpr (std::endian::native == std::endian::little) {
    std::uint64_t word = 0;
    if (bytes.size() >= sizeof word) {
      std::memcpy(&word, bytes.data(), sizeof word);
      const std::uint64_t ends = ~word & 0x8080'8080'8080'8080;
      // Up to and with the lowest byte that ends the number.
      if (ends != 0) {
        const std::size_t length = static_cast<std::size_t>(std::countr_zero(ends)) / 8 + 1;
        return {Varint::State::whole, join_sevens(word & (ends ^ (ends - 1))), length};
      }
    }
  }
  return read_long_varint(bytes);
}

/// Signed numbers of small size are small varints: 0, -1, 1, -2, ...
inline std::int64_t from_zigzag(std::uint64_t number) noexcept {
  return static_cast<std::int64_t>((number >> 1U) ^ (~(number & 1U) + 1U));
}

}  // namespace spm::rates
