#include "chunk_rates_budget.hpp"

#include <string>

#include <spm/prometheus/store_options.hpp>

#include "series_stream.hpp"

namespace spm::rates {

base::Result<void> ReadBudget::take(std::size_t bytes, std::size_t samples) {
  if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes > max_bytes_) {
    return base::fail(base::ErrorKind::answer_too_large,
                      "the metrics store sends more than " + std::to_string(max_bytes_) +
                          " bytes of raw series for this question; ask for a shorter time or fewer services (" +
                          std::string(prometheus::kMaxStreamSetting) + ")");
  }
  if (samples_.fetch_add(samples, std::memory_order_relaxed) + samples > max_samples_) {
    return base::fail(too_many_raw_samples(max_samples_));
  }
  return {};
}

}  // namespace spm::rates
