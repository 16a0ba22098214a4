#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace spm::http {

/// Bytes that have been received and not been used yet, and the room for those to come. Small while there is nothing in
/// it: a thousand idle connections have a thousand of them.
class InputBuffer {
 public:
  struct Room {
    char* data;
    std::size_t size;
  };

  std::string_view unread() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t bytes) noexcept { begin_ += bytes; }

  /// Where to receive to, until received(); unread() may have moved. In between only consume() is called.
  Room room();
  void received(std::size_t bytes) noexcept { end_ += bytes; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace spm::http
