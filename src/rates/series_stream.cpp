#include "series_stream.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace spm::rates {
namespace {

base::Error too_much(std::size_t limit, const char* what, const char* setting) {
  return {base::ErrorKind::answer_too_large,
          "the metrics store holds more than " + std::to_string(limit) + " raw " + what +
              " for this question; ask for a shorter time or fewer services (" + setting + ")"};
}

base::Error not_plain_numbers(std::uint64_t encoding) {
  if (encoding == ChunkView::kHistogram || encoding == ChunkView::kFloatHistogram) {
    return {base::ErrorKind::query_rejected, "the series hold native histograms, which are left to the store"};
  }
  return {base::ErrorKind::store_misbehaved,
          "the remote read holds a chunk of the unknown encoding " + std::to_string(encoding)};
}

}  // namespace

base::Error too_many_raw_series(std::size_t limit) { return too_much(limit, "series", "--store.max-raw-series"); }
base::Error too_many_raw_samples(std::size_t limit) { return too_much(limit, "samples", "--store.max-raw-samples"); }

SeriesStream::SeriesStream(std::int64_t from_ms, std::int64_t to_ms, const StreamLimits& limits, Sink sink)
    : from_ms_(from_ms),
      to_ms_(to_ms),
      limits_(limits),
      sink_(std::move(sink)),
      frames_(limits.max_frame_bytes),
      samples_(from_ms, to_ms, limits.max_series_samples) {}

base::Result<void> SeriesStream::feed(std::string_view bytes) {
  counts_.bytes += bytes.size();
  frames_.feed(bytes);
  for (;;) {
    const auto payload = frames_.next();
    if (!payload) return base::fail(payload.error());
    if (!payload->has_value()) return {};
    ++counts_.frames;
    if (auto read = read_payload(**payload); !read) return read;
  }
}

base::Result<void> SeriesStream::finish() {
  if (auto whole = frames_.finish(); !whole) return whole;
  return hand_out();
}

base::Result<void> SeriesStream::read_payload(std::string_view payload) {
  const auto query = reader_.open(payload);
  if (!query) return base::fail(query.error());
  for (;;) {
    const auto more = reader_.next_series();
    if (!more) return base::fail(more.error());
    if (!*more) return {};
    if (!same_series(*query)) {
      if (auto handed = hand_out(); !handed) return handed;
      if (auto started = start_series(*query); !started) return started;
    }
    if (auto read = read_chunks(); !read) return read;
  }
}

bool SeriesStream::same_series(std::int64_t query) const {
  return has_series_ && query == query_ && std::ranges::equal(labels_, reader_.labels());
}

base::Result<void> SeriesStream::start_series(std::int64_t query) {
  if (counts_.series == limits_.max_series) return base::fail(too_many_raw_series(limits_.max_series));
  ++counts_.series;
  has_series_ = true;
  query_ = query;
  samples_.begin();

  std::size_t bytes = 0;
  for (const LabelView& label : reader_.labels()) bytes += label.name.size() + label.value.size();
  label_bytes_.clear();
  label_bytes_.reserve(bytes);  // views must not move
  labels_.clear();
  const auto copy = [this](std::string_view text) {
    const std::size_t at = label_bytes_.size();
    label_bytes_.append(text);
    return std::string_view(label_bytes_).substr(at);
  };
  for (const LabelView& label : reader_.labels()) {
    const std::string_view name = copy(label.name);
    labels_.push_back({name, copy(label.value)});
  }
  return {};
}

base::Result<void> SeriesStream::read_chunks() {
  for (;;) {
    const auto more = reader_.next_chunk();
    if (!more) return base::fail(more.error());
    if (!*more) return {};
    const ChunkView& chunk = reader_.chunk();
    if (chunk.encoding != ChunkView::kXor) return base::fail(not_plain_numbers(chunk.encoding));
    ++counts_.chunks;
    if (chunk.max_time_ms < from_ms_ || chunk.min_time_ms > to_ms_) continue;
    const std::size_t before = samples_.decoded();
    if (auto added = samples_.add_chunk(chunk.data); !added) return added;
    counts_.samples += samples_.decoded() - before;
    if (counts_.samples > limits_.max_samples) return base::fail(too_many_raw_samples(limits_.max_samples));
  }
}

base::Result<void> SeriesStream::hand_out() {
  if (!has_series_) return {};
  has_series_ = false;
  samples_.finish();
  return sink_(query_, labels_, samples_);
}

}  // namespace spm::rates
