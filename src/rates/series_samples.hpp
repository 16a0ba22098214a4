#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <spm/base/result.hpp>

namespace spm::rates {

/// The samples of one series, put together from its chunks as Prometheus' own querier does: only those inside the
/// wanted range, by time, one for each time, without staleness markers. Chunks normally follow each other; when they
/// overlap or come out of order they are merged, and of several samples of one time that of the chunk that came first
/// is kept. The object is meant to be used again for the next series: it keeps its memory.
class SeriesSamples {
 public:
  /// Both ends belong to the range. `max_samples`: of one series, before those that repeat are dropped.
  SeriesSamples(std::int64_t from_ms, std::int64_t to_ms, std::size_t max_samples)
      : from_ms_(from_ms),
        to_ms_(to_ms),
        max_samples_(max_samples) {}

  void begin();
  /// `chunk` in the XOR encoding; nothing of it is kept. After an error begin() again.
  base::Result<void> add_chunk(std::string_view chunk);
  /// Puts things in order; after that times_ms() and values() are what rate() sees, times strictly ascending.
  void finish();

  std::span<const std::int64_t> times_ms() const noexcept { return {times_ms_.data(), size_}; }
  std::span<const double> values() const noexcept { return {values_.data(), size_}; }

  /// Samples decoded since begin(), those outside of the range as well.
  std::size_t decoded() const noexcept { return decoded_; }

 private:
  void make_room(std::size_t samples);
  void clip(std::size_t first);
  void merge();
  void drop_staleness_markers();

  std::int64_t from_ms_;
  std::int64_t to_ms_;
  std::size_t max_samples_;
  std::vector<std::int64_t> times_ms_;  ///< the first size_ are in use
  std::vector<double> values_;
  std::size_t size_ = 0;
  std::size_t decoded_ = 0;
  bool in_order_ = true;
  bool has_staleness_markers_ = false;
};

}  // namespace spm::rates
