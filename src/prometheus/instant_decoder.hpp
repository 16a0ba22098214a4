#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>

#include "padded_buffer.hpp"

namespace spm::prometheus {

struct DecodedInstant {
  std::vector<Sample> samples;
  std::vector<std::string> warnings;  ///< about the data; printable, bounded in number and length
  std::size_t infos = 0;              ///< remarks about the query itself
};

/// Reads the JSON of a successful /api/v1/query in one pass: a vector, or a scalar as one sample without labels. Keys
/// may come in any order, values as strings or numbers. A sample that is only a native histogram is left out with a
/// warning. Whatever is not wholly there, or of another type, is store_misbehaved; more than `max_series` samples are
/// answer_too_large.
base::Result<DecodedInstant> decode_instant_answer(const PaddedBuffer& body, std::size_t max_series);

}  // namespace spm::prometheus
