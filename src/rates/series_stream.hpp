#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <spm/base/result.hpp>

#include "chunked_frames.hpp"
#include "chunked_series.hpp"
#include "series_samples.hpp"

namespace spm::rates {

struct StreamLimits {
  std::size_t max_frame_bytes = std::size_t{16} << 20U;
  std::size_t max_series = 200'000;
  std::size_t max_samples = 200'000'000;  ///< of all series
  std::size_t max_series_samples = 5'000'000;
};

/// What a limit's error says: which one, and what to do.
base::Error too_many_raw_series(std::size_t limit);
base::Error too_many_raw_samples(std::size_t limit);

struct StreamCounts {
  std::size_t bytes = 0;
  std::size_t frames = 0;
  std::size_t series = 0;
  std::size_t chunks = 0;
  std::size_t samples = 0;  ///< decoded
};

/// Reads the body of a streamed remote read while it arrives and hands out one whole series after the other. What is
/// in memory is one frame and one series.
class SeriesStream {
 public:
  /// Called with each series in the order of the stream. `query`: which of the request's queries it answers. An error
  /// stops the reading. Labels and samples are valid during the call.
  using Sink = std::function<base::Result<void>(std::int64_t query, std::span<const LabelView> labels,
                                                const SeriesSamples& samples)>;

  /// Samples outside of [from_ms, to_ms] are dropped.
  SeriesStream(std::int64_t from_ms, std::int64_t to_ms, const StreamLimits& limits, Sink sink);

  /// The next bytes of the body, any number of them. After an error the object is of no more use. Errors: a broken body
  /// is store_misbehaved, native histograms are query_rejected, a limit is answer_too_large.
  base::Result<void> feed(std::string_view bytes);
  /// The body has ended: hands out the last series. An error when it ended too early to be whole.
  base::Result<void> finish();

  const StreamCounts& counts() const noexcept { return counts_; }

 private:
  base::Result<void> read_payload(std::string_view payload);
  base::Result<void> read_chunks();
  base::Result<void> start_series(std::int64_t query);
  base::Result<void> hand_out();
  bool same_series(std::int64_t query) const;

  std::int64_t from_ms_;
  std::int64_t to_ms_;
  StreamLimits limits_;
  Sink sink_;
  ChunkedFrames frames_;
  ChunkedSeriesReader reader_;
  SeriesSamples samples_;
  StreamCounts counts_;

  // The series that is being read; a series may go on in the next frame.
  bool has_series_ = false;
  std::int64_t query_ = 0;
  std::string label_bytes_;
  std::vector<LabelView> labels_;  ///< parts of label_bytes_
};

}  // namespace spm::rates
