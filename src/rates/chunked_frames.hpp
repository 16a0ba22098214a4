#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <spm/base/result.hpp>

namespace spm::rates {

/// Takes the body of a streamed remote read apart while it arrives: frames of length, checksum and payload.
/// A frame that lies whole inside one slice is not copied; of others only the one that is incomplete is kept.
///
///   frames.feed(slice);
///   while (payload = frames.next()) ...     until it gives nullopt, then the next slice
///   frames.finish();                        after the last slice
///
/// After an error the object is of no more use.
class ChunkedFrames {
 public:
  /// Prometheus makes frames of about 1 MiB, but never splits a chunk nor the labels.
  explicit ChunkedFrames(std::size_t max_payload_bytes) : max_payload_bytes_(max_payload_bytes) {}

  /// `slice` must stay as it is until next() has given nullopt, which must come before the next feed().
  void feed(std::string_view slice) { slice_ = slice; }

  /// The next payload, its checksum verified; nullopt when more bytes are needed. Valid until the next call.
  base::Result<std::optional<std::string_view>> next();

  /// An error when the body ended inside a frame.
  base::Result<void> finish() const;

 private:
  struct Header {
    std::size_t bytes = 0;  ///< 0: not whole yet
    std::size_t payload_bytes = 0;
    std::uint32_t checksum = 0;
  };

  base::Result<Header> read_header(std::string_view bytes) const;
  base::Result<std::optional<std::string_view>> next_within_slice();
  base::Result<std::optional<std::string_view>> next_across_slices();
  base::Result<std::optional<std::string_view>> verified(std::string_view payload, std::uint32_t checksum) const;
  void keep(std::size_t bytes);

  std::size_t max_payload_bytes_;
  std::string_view slice_;     ///< what next() has not looked at yet
  std::string kept_;           ///< the first bytes of a frame that no slice holds whole
  bool kept_is_used_ = false;  ///< kept_ was handed out and is over with the next call
};

}  // namespace spm::rates
