#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <spm/base/result.hpp>

namespace spm::rates {

/// The bits of a value with which Prometheus marks that a series went stale. It is a NaN; others are samples.
inline constexpr std::uint64_t kStalenessMarker = 0x7ff0000000000002;

inline bool is_staleness_marker(double value) noexcept {
  return std::bit_cast<std::uint64_t>(value) == kStalenessMarker;
}

/// How many samples `chunk` says it holds; 0 when it is too short to say. At most 65,535, and never more than its
/// bytes have room for.
std::size_t xor_chunk_samples(std::string_view chunk) noexcept;

struct DecodedChunk {
  std::size_t samples = 0;
  bool has_staleness_markers = false;
};

/// Decodes a chunk of encoding XOR (tsdb/docs/format/chunks.md of Prometheus) into two arrays, both with room for
/// xor_chunk_samples(chunk). Times are milliseconds, strictly ascending. Staleness markers are delivered like values.
/// Never reads outside of `chunk`; one whose bits end before its samples, or whose times do not ascend, is an error.
base::Result<DecodedChunk> decode_xor_chunk(std::string_view chunk, std::int64_t* times_ms, double* values);

}  // namespace spm::rates
