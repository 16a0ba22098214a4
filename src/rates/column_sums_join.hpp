#pragma once

#include <cstddef>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/model/matrix.hpp>

namespace spm::rates {

/// One part's columns over `grid`, out of those over its consecutive pieces. Groups in the order in which they come.
/// answer_too_large when they take more than `cells_left`, which is lessened by what they take.
base::Result<model::Matrix> join_columns(const model::TimeGrid& grid, std::vector<model::Matrix> pieces,
                                         std::size_t& cells_left);

}  // namespace spm::rates
