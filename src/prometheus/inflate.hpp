#pragma once

#include <cstddef>
#include <string_view>

#include <spm/base/result.hpp>

#include "padded_buffer.hpp"

namespace spm::prometheus {

struct InflateLimits {
  std::size_t max_bytes;
  std::size_t max_ratio;  ///< decompressed to compressed; looked at beyond the first MiB
  base::ErrorKind when_over = base::ErrorKind::store_misbehaved;  ///< what more than max_bytes is
};

/// Whether `encoding`, a Content-Encoding, is one that inflate() undoes: gzip, x-gzip or deflate.
bool is_inflatable(std::string_view encoding) noexcept;

/// Undoes gzip (also of several members) or deflate (with zlib's frame or bare). Stops at the limits before the memory
/// is taken. Errors are store_misbehaved, but for `when_over`.
base::Result<PaddedBuffer> inflate(std::string_view compressed, std::string_view encoding, const InflateLimits& limits);

}  // namespace spm::prometheus
