#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// The other side of a streamed remote read, for tests: writes chunks, messages and frames as Prometheus does.
namespace spm::rates::test {

inline std::string varint(std::uint64_t number) {
  std::string made;
  for (; number > 0x7F; number >>= 7U) made += static_cast<char>((number & 0x7FU) | 0x80U);
  return made + static_cast<char>(number);
}

inline std::string bytes_field(unsigned number, std::string_view bytes) {
  return varint(number << 3U | 2U) + varint(bytes.size()) + std::string(bytes);
}

inline std::string varint_field(unsigned number, std::uint64_t value) { return varint(number << 3U) + varint(value); }

/// Bit by bit, unlike what is tested.
inline std::uint32_t slow_crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
  }
  return ~crc;
}

inline std::string frame(std::string_view payload) {
  const std::uint32_t crc = slow_crc32c(payload);
  std::string made = varint(payload.size());
  for (const unsigned shift : {24U, 16U, 8U, 0U}) made += static_cast<char>((crc >> shift) & 0xFFU);
  return made + std::string(payload);
}

/// One chunk of encoding XOR.
class XorChunkWriter {
 public:
  void append(std::int64_t time_ms, double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    if (samples_ == 0) {
      const auto zigzag = (static_cast<std::uint64_t>(time_ms) << 1U) ^ static_cast<std::uint64_t>(time_ms >> 63);
      write_bytes(varint(zigzag));
      write(bits, 64);
    } else {
      const std::int64_t distance = time_ms - time_ms_;
      samples_ == 1 ? write_bytes(varint(static_cast<std::uint64_t>(distance))) : write_change(distance - distance_);
      write_value(bits ^ value_);
      distance_ = distance;
    }
    time_ms_ = time_ms;
    value_ = bits;
    ++samples_;
  }

  std::string bytes() const {
    std::string made;
    made += static_cast<char>((samples_ >> 8U) & 0xFFU);
    made += static_cast<char>(samples_ & 0xFFU);
    return made + stream_;
  }

 private:
  void write_bytes(std::string_view bytes) {
    for (const char byte : bytes) write(static_cast<std::uint8_t>(byte), 8);
  }

  void write(std::uint64_t bits, unsigned count) {
    while (count > 0) {
      --count;
      if (free_ == 0) {
        stream_ += '\0';
        free_ = 8;
      }
      --free_;
      const auto bit = static_cast<unsigned>((bits >> count) & 1U) << free_;
      stream_.back() = static_cast<char>(static_cast<unsigned char>(stream_.back()) | bit);
    }
  }

  void write_change(std::int64_t change) {
    const auto fits = [change](unsigned bits) {
      return -((std::int64_t{1} << (bits - 1)) - 1) <= change && change <= std::int64_t{1} << (bits - 1);
    };
    const auto raw = static_cast<std::uint64_t>(change);
    if (change == 0) {
      write(0, 1);
    } else if (fits(14)) {
      write(2, 2), write(raw, 14);
    } else if (fits(17)) {
      write(6, 3), write(raw, 17);
    } else if (fits(20)) {
      write(14, 4), write(raw, 20);
    } else {
      write(15, 4), write(raw, 64);
    }
  }

  void write_value(std::uint64_t changed) {
    if (changed == 0) return write(0, 1);
    unsigned leading = static_cast<unsigned>(std::countl_zero(changed));
    const auto trailing = static_cast<unsigned>(std::countr_zero(changed));
    if (leading > 31) leading = 31;
    if (has_window_ && leading >= leading_ && trailing >= trailing_) {
      write(2, 2);
      return write(changed >> trailing_, 64 - leading_ - trailing_);
    }
    has_window_ = true;
    leading_ = leading;
    trailing_ = trailing;
    const unsigned length = 64 - leading - trailing;
    write(3, 2);
    write(leading, 5);
    write(length & 63U, 6);  // 64 is written as 0
    write(changed >> trailing, length);
  }

  std::string stream_;
  unsigned free_ = 0;  ///< bits of the last byte
  std::size_t samples_ = 0;
  std::int64_t time_ms_ = 0;
  std::int64_t distance_ = 0;
  std::uint64_t value_ = 0;
  bool has_window_ = false;
  unsigned leading_ = 0;
  unsigned trailing_ = 0;
};

}  // namespace spm::rates::test
