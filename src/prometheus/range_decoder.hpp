#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/model/matrix.hpp>

#include "padded_buffer.hpp"

namespace spm::prometheus {

struct DecodeLimits {
  std::size_t max_series = 20'000;
  std::size_t max_cells = std::size_t{32} << 20U;  ///< series times grid points
};

struct DecodedAnswer {
  model::Matrix matrix;
  std::vector<std::string> warnings;  ///< about the data; printable, bounded in number and length
  std::size_t infos = 0;              ///< remarks about the query itself
};

/// Reads the JSON of a successful /api/v1/query_range in one pass, straight into columns. Keys may come in any order,
/// points in any order, values as strings or numbers. Native histograms are left out with a warning.
///
/// The answer's grid is `asked`, or, where the store has moved all its points by less than a step (VictoriaMetrics
/// floors the start and raises the end to multiples of the step), that grid moved back so that all points lie on it,
/// with one point more. A point on no such grid or outside it is store_misbehaved; so is whatever is not wholly there:
/// nothing is ever left out in silence. Over a limit: answer_too_large, naming the setting.
base::Result<DecodedAnswer> decode_range_answer(const PaddedBuffer& body, const model::TimeGrid& asked,
                                                const DecodeLimits& limits);

}  // namespace spm::prometheus
