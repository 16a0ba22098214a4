#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <spm/base/result.hpp>

#include "protobuf_fields.hpp"

namespace spm::rates {

struct LabelView {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const LabelView&, const LabelView&) = default;
};

struct ChunkView {
  /// Encodings, as in the wire format.
  static constexpr std::uint64_t kXor = 1;
  static constexpr std::uint64_t kHistogram = 2;
  static constexpr std::uint64_t kFloatHistogram = 3;

  std::int64_t min_time_ms = 0;
  std::int64_t max_time_ms = 0;  ///< of an open chunk the largest number there is
  std::uint64_t encoding = 0;
  std::string_view data;
};

/// Reads one payload of a streamed remote read, ChunkedReadResponse, in place: every view is a part of the payload
/// and lives as long as it does. Fields that it does not know are skipped.
///
///   open(payload); while (next_series()) { labels(); while (next_chunk()) chunk(); }
class ChunkedSeriesReader {
 public:
  /// Which of the queries of the request the payload answers.
  base::Result<std::int64_t> open(std::string_view payload);

  /// False after the last one.
  base::Result<bool> next_series();
  /// In the order of the wire, which is that of the names. Valid until the next call of next_series().
  std::span<const LabelView> labels() const noexcept { return labels_; }

  /// The next chunk of this series; false after the last one.
  base::Result<bool> next_chunk();
  const ChunkView& chunk() const noexcept { return chunk_; }

 private:
  base::Result<void> read_labels(std::string_view series);

  ProtobufFields payload_{{}};
  ProtobufFields series_{{}};
  std::vector<LabelView> labels_;
  ChunkView chunk_;
};

}  // namespace spm::rates
