#include "inflate.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include <zlib.h>

#include "header_text.hpp"

namespace spm::prometheus {
namespace {

constexpr int kGzip = MAX_WBITS + 16;
constexpr int kZlib = MAX_WBITS;
constexpr int kBare = -MAX_WBITS;
constexpr std::size_t kChunk = std::size_t{64} << 10U;
constexpr std::size_t kRatioFree = std::size_t{1} << 20U;

base::Result<PaddedBuffer> refuse(std::string what) {
  return base::fail(base::ErrorKind::store_misbehaved, "the store's answer is not usable: " + std::move(what));
}

class Stream {
 public:
  explicit Stream(int window_bits) {
    if (inflateInit2(&zlib_, window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&zlib_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream& zlib() noexcept { return zlib_; }

 private:
  z_stream zlib_{};
};

/// zlib's frame begins with a checked pair of bytes; some servers send bare deflate under the same name.
bool has_zlib_frame(std::string_view text) noexcept {
  if (text.size() < 2) return false;
  const unsigned first = static_cast<unsigned char>(text[0]);
  const unsigned second = static_cast<unsigned char>(text[1]);
  return (first & 0x0FU) == Z_DEFLATED && (first * 256 + second) % 31 == 0;
}

}  // namespace

bool is_inflatable(std::string_view encoding) noexcept {
  return equal_ignoring_case(encoding, "gzip") || equal_ignoring_case(encoding, "x-gzip") ||
         equal_ignoring_case(encoding, "deflate");
}

base::Result<PaddedBuffer> inflate(std::string_view compressed, std::string_view encoding,
                                   const InflateLimits& limits) {
  const bool gzip = !equal_ignoring_case(encoding, "deflate");
  if (compressed.size() > std::numeric_limits<uInt>::max()) return refuse("too much compressed data");
  Stream stream(gzip ? kGzip : has_zlib_frame(compressed) ? kZlib : kBare);
  z_stream& zlib = stream.zlib();
  // zlib's interface is older than const; it does not write here.
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));  // NOLINT
  zlib.avail_in = static_cast<uInt>(compressed.size());

  const std::size_t by_ratio =
      std::max(kRatioFree, compressed.size() > limits.max_bytes / std::max<std::size_t>(limits.max_ratio, 1)
                               ? limits.max_bytes
                               : compressed.size() * limits.max_ratio);
  const std::size_t limit = std::min(limits.max_bytes, by_ratio);

  PaddedBuffer text;
  std::array<char, kChunk> chunk;
  while (true) {
    zlib.next_out = reinterpret_cast<Bytef*>(chunk.data());  // NOLINT
    zlib.avail_out = static_cast<uInt>(chunk.size());
    const int status = ::inflate(&zlib, Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END) return refuse("its compressed body is broken or cut short");
    const std::size_t made = chunk.size() - zlib.avail_out;
    if (!text.append(chunk.data(), made, limit)) {
      auto over = refuse("decompressed it is over " + std::to_string(limit) + " bytes");
      if (limit == limits.max_bytes) over.error().kind = limits.when_over;
      return over;
    }
    if (status == Z_STREAM_END) {
      if (zlib.avail_in == 0) return text;
      if (!gzip || inflateReset(&zlib) != Z_OK) return refuse("more follows its compressed body");
    } else if (zlib.avail_in == 0 && zlib.avail_out != 0) {
      return refuse("its compressed body is cut short");
    }
  }
}

}  // namespace spm::prometheus
