#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

namespace spm::prometheus {

/// Bytes that grow up to a bound and are always followed by the readable padding that simdjson asks for. Grows by
/// realloc, which for large blocks moves pages instead of copying, and zeroes nothing but the padding.
class PaddedBuffer {
 public:
  static constexpr std::size_t kPadding = 64;

  PaddedBuffer() = default;
  explicit PaddedBuffer(std::string_view text) { static_cast<void>(append(text.data(), text.size(), text.size())); }

  const char* data() const noexcept { return size_ == 0 ? "" : bytes_.get(); }
  std::size_t size() const noexcept { return size_; }
  /// Readable bytes, the padding included; 0 when empty.
  std::size_t allocated() const noexcept { return size_ == 0 ? 0 : capacity_; }
  std::string_view text() const noexcept { return {data(), size_}; }

  /// Adds bytes; false, with nothing added, when there would be more than `limit`.
  [[nodiscard]] bool append(const void* bytes, std::size_t count, std::size_t limit) {
    if (count > limit || size_ > limit - count) return false;
    if (count == 0) return true;
    make_room(size_ + count);
    std::memcpy(bytes_.get() + size_, bytes, count);
    size_ += count;
    std::memset(bytes_.get() + size_, 0, kPadding);
    return true;
  }

  /// Makes the next appends up to `size` bytes cheap. A hint: callers bound it.
  void reserve(std::size_t size) { make_room(size); }

 private:
  struct Free {
    void operator()(char* bytes) const noexcept { std::free(bytes); }  // NOLINT(cppcoreguidelines-no-malloc)
  };

  void make_room(std::size_t size) {
    if (size + kPadding <= capacity_) return;
    const std::size_t grown = std::max({size, capacity_ * 2, std::size_t{4096}}) + kPadding;
    auto* moved = static_cast<char*>(std::realloc(bytes_.get(), grown));
    if (moved == nullptr) throw std::bad_alloc();
    static_cast<void>(bytes_.release());
    bytes_.reset(moved);
    capacity_ = grown;
  }

  std::unique_ptr<char, Free> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace spm::prometheus
