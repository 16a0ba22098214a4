#include <array>
#include <atomic>
#include <cstdio>
#include <functional>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include <spm/cache/shelf.hpp>

namespace spm::cache {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// What book-keeping takes for one thing beside its key and its caller: nodes of the list, the index and the callers.
constexpr std::size_t kBytesOfBooks = 320;
constexpr std::size_t kSmallestShare = 4;
/// One part in so many goes to the allocator: what lies unused between blocks in use. Measured over pages of many
/// windows.
constexpr std::size_t kAllocatorsShare = 4;

std::size_t weight_of(const Kept& thing, std::string_view key) {
  const std::size_t bytes = thing.bytes() + key.size() + thing.caller().size() + kBytesOfBooks;
  return bytes + bytes / kAllocatorsShare;
}

std::chrono::milliseconds since(SteadyClock::time_point then, SteadyClock::time_point now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - then);
}

/// What callers are is no secret, but long, and may hold a tenant's name.
std::string short_hash(const std::string& text) {
  std::array<char, 9> hex{};
  std::snprintf(hex.data(), hex.size(), "%08x", static_cast<unsigned>(std::hash<std::string>{}(text)&0xFFFFFFFFU));
  return hex.data();
}

}  // namespace

class Shelf::Impl {
 public:
  Impl(std::size_t max_bytes, telemetry::Metrics& metrics) : max_bytes_(max_bytes), metrics_(metrics) {}

  std::shared_ptr<Kept> find(std::string_view key) {
    const SteadyClock::time_point now = SteadyClock::now();
    const std::lock_guard lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    const auto item = found->second;
    item->used = now;
    ++item->uses;
    items_.splice(items_.begin(), items_, item);
    return item->thing;
  }

  bool put(std::string key, std::shared_ptr<Kept> thing) {
    const SteadyClock::time_point now = SteadyClock::now();
    const std::uint64_t turn = ++turns_;
    const std::size_t bytes = weight_of(*thing, key);
    const bool fits = bytes <= max_bytes_ / kSmallestShare;
    Gone gone;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = index_.find(key); found != index_.end()) take_out(found->second, gone);
      if (fits) {
        items_.push_front(Item{std::move(key), std::move(thing), bytes, turn, now, now, 0});
        const auto item = items_.begin();
        index_.emplace(std::string_view(item->key), item);
        by_caller_[item->thing->caller()].emplace(item->key);
        bytes_ += bytes;
        make_room(gone);
      }
      tell();
    }
    count_evicted(gone);
    return fits;
  }

  void weigh_again(std::string_view key, const std::shared_ptr<Kept>& thing) {
    const std::uint64_t turn = ++turns_;
    const std::size_t bytes = weight_of(*thing, key);
    Gone gone;
    {
      const std::lock_guard lock(mutex_);
      const auto found = index_.find(key);
      if (found == index_.end() || found->second->thing != thing) return;
      const auto item = found->second;
      // Who weighed last saw all that had grown before; an earlier weight that comes later is outdated.
      if (turn < item->weighed) return;
      item->weighed = turn;
      bytes_ += bytes - item->bytes;
      item->bytes = bytes;
      if (bytes > max_bytes_ / kSmallestShare) {
        take_out(item, gone);
        ++gone.for_space;
      }
      make_room(gone);
      tell();
    }
    count_evicted(gone);
  }

  void remove(std::string_view key) {
    Gone gone;
    const std::lock_guard lock(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) take_out(found->second, gone);
    tell();
  }

  void remove_caller(std::string_view caller) {
    ++removals_;
    Gone gone;
    {
      const std::lock_guard lock(mutex_);
      const auto found = by_caller_.find(caller);
      if (found == by_caller_.end()) return;
      const std::set<std::string_view> keys = found->second;
      for (const std::string_view key : keys) take_out(index_.find(key)->second, gone);
      tell();
    }
  }

  void clear() {
    ++removals_;
    std::list<Item> items;
    decltype(index_) index;
    decltype(by_caller_) by_caller;
    {
      const std::lock_guard lock(mutex_);
      items.swap(items_);
      index.swap(index_);
      by_caller.swap(by_caller_);
      bytes_ = 0;
      tell();
    }
  }

  std::uint64_t removals() const noexcept { return removals_; }

  ShelfContents contents(std::size_t max_rows) const {
    const SteadyClock::time_point now = SteadyClock::now();
    ShelfContents contents;
    std::vector<std::shared_ptr<Kept>> things;
    {
      const std::lock_guard lock(mutex_);
      contents.max_bytes = max_bytes_;
      contents.bytes = bytes_;
      contents.things = items_.size();
      for (const Item& item : items_) {
        if (things.size() == max_rows) break;
        things.push_back(item.thing);
        ShelfRow row;
        row.bytes = item.bytes;
        row.age = since(item.put, now);
        row.unused = since(item.used, now);
        row.uses = item.uses;
        contents.rows.push_back(std::move(row));
      }
    }
    for (std::size_t i = 0; i < things.size(); ++i) {
      contents.rows[i].about = things[i]->about();
      contents.rows[i].caller = short_hash(things[i]->caller());
    }
    return contents;
  }

 private:
  struct Item {
    std::string key;
    std::shared_ptr<Kept> thing;
    std::size_t bytes;
    std::uint64_t weighed;  ///< the turn of its weight
    SteadyClock::time_point put;
    SteadyClock::time_point used;
    std::uint64_t uses;
  };
  using Place = std::list<Item>::iterator;

  /// Declared before the lock is taken, so that it is destroyed after.
  struct Gone {
    std::list<Item> items;
    std::size_t for_space = 0;
  };

  // mutex_ is held in all of these.
  void take_out(Place item, Gone& gone) {
    const std::string_view key = item->key;
    const auto of_caller = by_caller_.find(item->thing->caller());
    of_caller->second.erase(key);
    if (of_caller->second.empty()) by_caller_.erase(of_caller);
    index_.erase(key);
    bytes_ -= item->bytes;
    gone.items.splice(gone.items.end(), items_, item);
  }
  void make_room(Gone& gone) {
    while (bytes_ > max_bytes_) {
      take_out(std::prev(items_.end()), gone);
      ++gone.for_space;
    }
  }
  void tell() { metrics_.cache_holds(items_.size(), bytes_); }

  void count_evicted(const Gone& gone) {
    for (std::size_t i = 0; i < gone.for_space; ++i) metrics_.cache_evicted("space");
  }

  const std::size_t max_bytes_;
  telemetry::Metrics& metrics_;
  std::atomic<std::uint64_t> turns_{0};

  std::atomic<std::uint64_t> removals_{0};
  mutable std::mutex mutex_;  ///< guards all below
  std::list<Item> items_;     ///< the last used first
  std::unordered_map<std::string_view, Place> index_;
  std::map<std::string, std::set<std::string_view>, std::less<>> by_caller_;
  std::size_t bytes_ = 0;
};

Shelf::Shelf(std::size_t max_bytes, telemetry::Metrics& metrics) : impl_(std::make_unique<Impl>(max_bytes, metrics)) {}
Shelf::~Shelf() = default;
std::shared_ptr<Kept> Shelf::find(std::string_view key) { return impl_->find(key); }
bool Shelf::put(std::string key, std::shared_ptr<Kept> thing) { return impl_->put(std::move(key), std::move(thing)); }
void Shelf::weigh_again(std::string_view key, const std::shared_ptr<Kept>& thing) { impl_->weigh_again(key, thing); }
void Shelf::remove(std::string_view key) { impl_->remove(key); }
void Shelf::remove_caller(std::string_view caller) { impl_->remove_caller(caller); }
void Shelf::clear() { impl_->clear(); }
std::uint64_t Shelf::removals() const noexcept { return impl_->removals(); }
ShelfContents Shelf::contents(std::size_t max_rows) const { return impl_->contents(max_rows); }

}  // namespace spm::cache
