#pragma once

#include <cstdint>

namespace spm::cache {

/// --cache.mode
enum class CacheMode : std::uint8_t {
  aligned,  ///< a window that ends now is moved back to whole steps, so that one view's columns serve the next
  exact,    ///< every window as it was asked; what is kept serves windows of the same phase
  off       ///< nothing is kept, nothing is moved
};

}  // namespace spm::cache
