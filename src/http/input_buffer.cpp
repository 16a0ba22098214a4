#include "input_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace spm::http {
namespace {

/// A browser's head fits into it.
constexpr std::size_t kSmall = std::size_t{2} << 10U;
constexpr std::size_t kLeastRoom = std::size_t{1} << 10U;

}  // namespace

InputBuffer::Room InputBuffer::room() {
  const std::size_t unread = end_ - begin_;
  const bool much_too_large = unread == 0 && capacity_ > kSmall;
  if (capacity_ == 0 || much_too_large || capacity_ - unread < kLeastRoom) {
    const std::size_t capacity = unread == 0 ? kSmall : std::max(kSmall, unread * 2 + kLeastRoom);
    // Not make_unique: it would write zeros first.
    std::unique_ptr<char[]> larger(new char[capacity]);  // NOLINT(modernize-make-unique)
    if (unread > 0) std::memcpy(larger.get(), bytes_.get() + begin_, unread);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  } else if (unread == 0 || capacity_ - end_ < kLeastRoom) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, unread);
  } else {
    return {bytes_.get() + end_, capacity_ - end_};
  }
  begin_ = 0;
  end_ = unread;
  return {bytes_.get() + end_, capacity_ - end_};
}

}  // namespace spm::http
