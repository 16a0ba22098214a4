#include "series_samples.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "xor_chunk.hpp"

namespace spm::rates {

void SeriesSamples::begin() {
  size_ = 0;
  decoded_ = 0;
  in_order_ = true;
  has_staleness_markers_ = false;
}

base::Result<void> SeriesSamples::add_chunk(std::string_view chunk) {
  const std::size_t samples = xor_chunk_samples(chunk);
  if (samples > max_samples_ - std::min(max_samples_, size_)) {
    return base::fail(base::ErrorKind::answer_too_large,
                      "a series has more than " + std::to_string(max_samples_) + " samples");
  }
  make_room(samples);
  const auto decoded = decode_xor_chunk(chunk, times_ms_.data() + size_, values_.data() + size_);
  if (!decoded) return base::fail(decoded.error());
  decoded_ += decoded->samples;
  has_staleness_markers_ |= decoded->has_staleness_markers;
  const std::size_t first = size_;
  size_ += decoded->samples;
  clip(first);
  if (first > 0 && first < size_ && times_ms_[first] <= times_ms_[first - 1]) in_order_ = false;
  return {};
}

void SeriesSamples::make_room(std::size_t samples) {
  const std::size_t wanted = size_ + samples;
  if (wanted <= times_ms_.size()) return;
  const std::size_t room = std::max(wanted, times_ms_.size() * 2);
  times_ms_.resize(room);
  values_.resize(room);
}

/// Drops what lies outside of the range among the samples from `first` on, which ascend.
void SeriesSamples::clip(std::size_t first) {
  if (first == size_) return;
  const auto begin = times_ms_.begin() + static_cast<std::ptrdiff_t>(first);
  auto end = times_ms_.begin() + static_cast<std::ptrdiff_t>(size_);
  if (times_ms_[size_ - 1] > to_ms_) {
    end = std::upper_bound(begin, end, to_ms_);
    size_ = static_cast<std::size_t>(end - times_ms_.begin());
  }
  if (begin == end || *begin >= from_ms_) return;
  const auto inside = std::lower_bound(begin, end, from_ms_);
  const std::ptrdiff_t outside = inside - begin;
  std::copy(inside, end, begin);
  const auto first_value = values_.begin() + static_cast<std::ptrdiff_t>(first);
  std::copy(first_value + outside, values_.begin() + static_cast<std::ptrdiff_t>(size_), first_value);
  size_ -= static_cast<std::size_t>(outside);
}

void SeriesSamples::finish() {
  if (!in_order_) merge();
  if (has_staleness_markers_) drop_staleness_markers();
}

void SeriesSamples::merge() {
  std::vector<std::size_t> order(size_);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [this](std::size_t a, std::size_t b) { return times_ms_[a] < times_ms_[b]; });
  const auto repeats = std::unique(order.begin(), order.end(),
                                   [this](std::size_t a, std::size_t b) { return times_ms_[a] == times_ms_[b]; });
  order.erase(repeats, order.end());

  std::vector<std::int64_t> times_ms(order.size());
  std::vector<double> values(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    times_ms[i] = times_ms_[order[i]];
    values[i] = values_[order[i]];
  }
  times_ms_ = std::move(times_ms);
  values_ = std::move(values);
  size_ = times_ms_.size();
}

/// After merging: a marker hides a value of the same time, as it does in the store.
void SeriesSamples::drop_staleness_markers() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size_; ++i) {
    times_ms_[kept] = times_ms_[i];
    values_[kept] = values_[i];
    if (!is_staleness_marker(values_[i])) ++kept;
  }
  size_ = kept;
}

}  // namespace spm::rates
