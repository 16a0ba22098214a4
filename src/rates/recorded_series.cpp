#include "recorded_series.hpp"

namespace spm::rates {
namespace {

StreamLimits stream_limits(const RecordingLimits& limits) {
  StreamLimits stream;
  stream.max_frame_bytes = limits.max_bytes;
  stream.max_series = limits.max_series;
  stream.max_samples = limits.max_samples;
  stream.max_series_samples = limits.max_samples;
  return stream;
}

}  // namespace

SeriesRecorder::SeriesRecorder(std::int64_t from_ms, std::int64_t to_ms, const RecordingLimits& limits)
    : max_bytes_(limits.max_bytes),
      stream_(from_ms, to_ms, stream_limits(limits),
              [this](std::int64_t /*query*/, std::span<const LabelView> labels, const SeriesSamples& samples) {
                return keep(labels, samples);
              }) {}

base::Result<void> SeriesRecorder::take(std::string_view bytes) {
  if (stream_.counts().bytes + bytes.size() > max_bytes_) {
    return base::fail(base::ErrorKind::answer_too_large,
                      "the store streams more than " + std::to_string(max_bytes_) + " bytes for this question");
  }
  return stream_.feed(bytes);
}

base::Result<std::vector<RecordedSeries>> SeriesRecorder::finish() {
  if (auto whole = stream_.finish(); !whole) return base::fail(std::move(whole.error()));
  return std::move(series_);
}

base::Result<void> SeriesRecorder::keep(std::span<const LabelView> labels, const SeriesSamples& samples) {
  RecordedSeries& kept = series_.emplace_back();
  kept.labels.reserve(labels.size());
  for (const LabelView& label : labels) kept.labels.emplace_back(label.name, label.value);
  kept.times_ms.assign(samples.times_ms().begin(), samples.times_ms().end());
  kept.values.assign(samples.values().begin(), samples.values().end());
  return {};
}

}  // namespace spm::rates
