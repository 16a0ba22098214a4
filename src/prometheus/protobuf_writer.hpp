#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace spm::prometheus {

/// Writes one protobuf message, field by field.
class ProtobufWriter {
 public:
  /// An int64, or an enumerator: a negative one takes ten bytes.
  void number(unsigned field, std::int64_t value) {
    varint(std::uint64_t{field} << 3U);
    varint(static_cast<std::uint64_t>(value));
  }

  /// A string, or a message that was written before.
  void bytes(unsigned field, std::string_view value) {
    constexpr std::uint64_t kBytes = 2;
    varint(std::uint64_t{field} << 3U | kBytes);
    varint(value.size());
    message_ += value;
  }

  const std::string& message() const noexcept { return message_; }

 private:
  void varint(std::uint64_t value) {
    constexpr std::uint64_t kMore = 0x80;
    for (; value >= kMore; value >>= 7U) message_ += static_cast<char>(value | kMore);
    message_ += static_cast<char>(value);
  }

  std::string message_;
};

}  // namespace spm::prometheus
