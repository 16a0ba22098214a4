#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <spm/telemetry/metrics.hpp>

namespace spm::cache {

/// Something that is kept. What readers see of it never changes; it may grow by what is made from it.
class Kept {
 public:
  /// `caller`: what sharing::CallerKinds says of those whom it may be given to.
  explicit Kept(std::string caller) : caller_(std::move(caller)) {}
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  virtual ~Kept() = default;

  const std::string& caller() const noexcept { return caller_; }
  /// Of memory, as it stands; without the key. Safe from any thread.
  virtual std::size_t bytes() const = 0;
  /// For people: what it is, in one line.
  virtual std::string about() const = 0;

 private:
  const std::string caller_;
};

/// One row of what is held.
struct ShelfRow {
  std::string about;
  std::string caller;  ///< a short hash; never what it was made from
  std::size_t bytes = 0;
  std::chrono::milliseconds age{0};
  std::chrono::milliseconds unused{0};  ///< since it was last used
  std::uint64_t uses = 0;
};

struct ShelfContents {
  std::size_t max_bytes = 0;
  std::size_t bytes = 0;
  std::size_t things = 0;
  std::vector<ShelfRow> rows;  ///< the last used first, at most as many as were asked for
};

/// Holds things up to a number of bytes, keys, book-keeping and the allocator's share included; the least recently used
/// goes first. Keys are compared whole. Safe from any thread; no call does more than a look-up under its lock, and
/// nothing is destroyed under it.
class Shelf {
 public:
  /// `metrics` outlives it.
  Shelf(std::size_t max_bytes, telemetry::Metrics& metrics);
  ~Shelf();
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  /// What is kept under `key`, used now; null: nothing. Owners of kinds of things begin their keys differently, and
  /// know by that which kind they get.
  std::shared_ptr<Kept> find(std::string_view key);
  /// In place of what was there. False: it would take more than a quarter of all room, and is not kept; what was there
  /// is gone all the same.
  bool put(std::string key, std::shared_ptr<Kept> thing);
  /// `thing` has grown or shrunk. Nothing happens when it is not kept under `key` any more.
  void weigh_again(std::string_view key, const std::shared_ptr<Kept>& thing);
  void remove(std::string_view key);
  /// All that is kept for one kind of caller.
  void remove_caller(std::string_view caller);
  void clear();
  /// Counts clear() and remove_caller(): what was asked of the store before such a call must not be put after it.
  std::uint64_t removals() const noexcept;

  ShelfContents contents(std::size_t max_rows) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spm::cache
