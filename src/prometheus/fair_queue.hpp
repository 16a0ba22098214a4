#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <string>
#include <utility>

namespace spm::prometheus {

/// Those who wait, each under a key. The keys take turns; under one key it is first come, first served. What may not
/// be taken yet stays in its place and holds nobody up. W is a small value that can be compared. Guarded by its owner.
template <class W>
class FairQueue {
 public:
  std::size_t size() const noexcept { return size_; }

  void push(const std::string& key, W waiter) {
    auto line = std::ranges::find(lines_, key, &Line::key);
    if (line == lines_.end()) line = lines_.insert(lines_.end(), Line{key, {}});
    line->waiters.push_back(std::move(waiter));
    ++size_;
  }

  /// Takes the first one that `may_go`, of the key whose turn is nearest; W() where there is none.
  template <class MayGo>
  W pop(const MayGo& may_go) {
    for (auto line = lines_.begin(); line != lines_.end(); ++line) {
      const auto found = std::ranges::find_if(line->waiters, may_go);
      if (found == line->waiters.end()) continue;
      W taken = std::move(*found);
      line->waiters.erase(found);
      --size_;
      if (line->waiters.empty()) {
        lines_.erase(line);
      } else {
        lines_.splice(lines_.end(), lines_, line);  // the others come first now
      }
      return taken;
    }
    return W();
  }

  /// Takes `waiter` out, where it still waits.
  void remove(const std::string& key, const W& waiter) {
    const auto line = std::ranges::find(lines_, key, &Line::key);
    if (line == lines_.end()) return;
    size_ -= std::erase(line->waiters, waiter);
    if (line->waiters.empty()) lines_.erase(line);
  }

 private:
  struct Line {
    std::string key;
    std::deque<W> waiters;  ///< never empty
  };

  std::list<Line> lines_;  ///< the one whose turn is next in front
  std::size_t size_ = 0;
};

}  // namespace spm::prometheus
