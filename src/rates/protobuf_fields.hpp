#pragma once

#include <cstdint>
#include <string_view>

#include "varint.hpp"

namespace spm::rates {

struct ProtobufField {
  enum class Wire : std::uint8_t {
    varint = 0,
    fixed64 = 1,
    bytes = 2,
    fixed32 = 5
  };
  std::uint64_t number = 0;
  Wire wire = Wire::varint;
  std::uint64_t value = 0;  ///< of a varint
  std::string_view bytes;   ///< of `bytes`: a part of the message
};

/// The fields of one protobuf message in the order in which they were sent. Copies nothing, reads nothing outside.
class ProtobufFields {
 public:
  explicit ProtobufFields(std::string_view message) : left_(message) {}

  /// False at the end, and where the message is broken: see broken().
  bool next(ProtobufField& field) noexcept {
    if (left_.empty()) return false;
    std::uint64_t key = 0;
    if (!take_varint(key) || (key >> 3U) == 0 || (key >> 3U) > kLargestNumber) return stop();
    field.number = key >> 3U;
    field.bytes = {};
    switch (key & 7U) {
      case 0:
        field.wire = ProtobufField::Wire::varint;
        return take_varint(field.value) || stop();
      case 1:
        field.wire = ProtobufField::Wire::fixed64;
        return take_bytes(8, field.bytes) || stop();
      case 2: {
        field.wire = ProtobufField::Wire::bytes;
        std::uint64_t length = 0;
        return (take_varint(length) && take_bytes(length, field.bytes)) || stop();
      }
      case 5:
        field.wire = ProtobufField::Wire::fixed32;
        return take_bytes(4, field.bytes) || stop();
      default:
        return stop();  // groups are long gone
    }
  }

  bool broken() const noexcept { return broken_; }

 private:
  static constexpr std::uint64_t kLargestNumber = (1U << 29U) - 1;

  bool take_varint(std::uint64_t& value) noexcept {
    const Varint number = read_varint(left_);
    if (number.state != Varint::State::whole) return false;
    value = number.value;
    left_.remove_prefix(number.bytes);
    return true;
  }

  bool take_bytes(std::uint64_t count, std::string_view& bytes) noexcept {
    if (count > left_.size()) return false;
    bytes = left_.substr(0, static_cast<std::size_t>(count));
    left_.remove_prefix(static_cast<std::size_t>(count));
    return true;
  }

  bool stop() noexcept {
    broken_ = true;
    left_ = {};
    return false;
  }

  std::string_view left_;
  bool broken_ = false;
};

}  // namespace spm::rates
