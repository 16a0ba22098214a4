#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>

#include "series_stream.hpp"

namespace spm::rates {

struct RecordedSeries {
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<std::int64_t> times_ms;
  std::vector<double> values;
};

struct RecordingLimits {
  std::size_t max_bytes = std::size_t{8} << 20U;
  std::size_t max_series = 2'000;
  std::size_t max_samples = 1'000'000;
};

/// Keeps a small raw read in memory, to be computed from more than once.
class SeriesRecorder final : public prometheus::ByteSink {
 public:
  SeriesRecorder(std::int64_t from_ms, std::int64_t to_ms, const RecordingLimits& limits);

  base::Result<void> take(std::string_view bytes) override;
  /// After the last bytes. In the order of the stream.
  base::Result<std::vector<RecordedSeries>> finish();

 private:
  base::Result<void> keep(std::span<const LabelView> labels, const SeriesSamples& samples);

  const std::size_t max_bytes_;
  std::vector<RecordedSeries> series_;
  SeriesStream stream_;
};

}  // namespace spm::rates
