#include "chunked_frames.hpp"

#include <algorithm>

#include "crc32c.hpp"
#include "varint.hpp"

namespace spm::rates {
namespace {

constexpr std::size_t kChecksumBytes = 4;

std::uint32_t big_endian(std::string_view four) {
  std::uint32_t number = 0;
  for (const char byte : four) number = (number << 8U) | static_cast<std::uint8_t>(byte);
  return number;
}

}  // namespace

base::Result<std::optional<std::string_view>> ChunkedFrames::next() {
  if (kept_is_used_) {
    kept_.clear();
    kept_is_used_ = false;
  }
  return kept_.empty() ? next_within_slice() : next_across_slices();
}

base::Result<ChunkedFrames::Header> ChunkedFrames::read_header(std::string_view bytes) const {
  const Varint length = read_varint(bytes);
  if (length.state == Varint::State::endless) {
    return base::fail(base::ErrorKind::store_misbehaved, "a frame of the remote read has a length without end");
  }
  if (length.state == Varint::State::cut) return Header{};
  if (length.value > max_payload_bytes_) {
    return base::fail(base::ErrorKind::store_misbehaved, "a frame of the remote read has " +
                                                             std::to_string(length.value) + " bytes; at most " +
                                                             std::to_string(max_payload_bytes_) + " are accepted");
  }
  if (bytes.size() < length.bytes + kChecksumBytes) return Header{};
  return Header{length.bytes + kChecksumBytes, static_cast<std::size_t>(length.value),
                big_endian(bytes.substr(length.bytes, kChecksumBytes))};
}

base::Result<std::optional<std::string_view>> ChunkedFrames::next_within_slice() {
  const auto header = read_header(slice_);
  if (!header) return base::fail(header.error());
  if (header->bytes == 0 || slice_.size() - header->bytes < header->payload_bytes) {
    keep(slice_.size());
    return std::nullopt;
  }
  const std::string_view payload = slice_.substr(header->bytes, header->payload_bytes);
  slice_.remove_prefix(header->bytes + header->payload_bytes);
  return verified(payload, header->checksum);
}

base::Result<std::optional<std::string_view>> ChunkedFrames::next_across_slices() {
  auto header = read_header(kept_);
  while (header && header->bytes == 0 && !slice_.empty()) {
    keep(1);
    header = read_header(kept_);
  }
  if (!header) return base::fail(std::move(header.error()));
  if (header->bytes == 0) return std::nullopt;

  const std::size_t whole = header->bytes + header->payload_bytes;
  keep(std::min(whole - kept_.size(), slice_.size()));
  if (kept_.size() < whole) return std::nullopt;
  kept_is_used_ = true;
  return verified(std::string_view(kept_).substr(header->bytes), header->checksum);
}

base::Result<std::optional<std::string_view>> ChunkedFrames::verified(std::string_view payload,
                                                                      std::uint32_t checksum) const {
  if (crc32c(payload) == checksum) return payload;
  return base::fail(base::ErrorKind::store_misbehaved,
                    "a frame of the remote read does not have the checksum that it says");
}

void ChunkedFrames::keep(std::size_t bytes) {
  kept_.append(slice_.substr(0, bytes));
  slice_.remove_prefix(bytes);
}

base::Result<void> ChunkedFrames::finish() const {
  if ((kept_.empty() || kept_is_used_) && slice_.empty()) return {};
  return base::fail(base::ErrorKind::store_misbehaved, "the remote read ended in the middle of a frame");
}

}  // namespace spm::rates
