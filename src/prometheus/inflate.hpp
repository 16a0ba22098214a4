#pragma once

#include <cstddef>
#include <string_view>

#include <spm/base/result.hpp>

#include "padded_buffer.hpp"

namespace spm::prometheus {

struct InflateLimits {
  std::size_t max_bytes;
  std::size_t max_ratio;  ///< decompressed to compressed; looked at beyond the first MiB
};

/// Whether `encoding`, a Content-Encoding, is one that inflate() undoes: gzip, x-gzip or deflate.
bool is_inflatable(std::string_view encoding) noexcept;

/// Undoes gzip (also of several members) or deflate (with zlib's frame or bare). Stops at the limits before the memory
/// is taken. The error is store_misbehaved.
base::Result<PaddedBuffer> inflate(std::string_view compressed, std::string_view encoding, const InflateLimits& limits);

}  // namespace spm::prometheus
