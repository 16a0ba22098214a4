#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/model/matrix.hpp>
#include <spm/rates/rate_query.hpp>

#include "comparison_grid.hpp"
#include "recorded_series.hpp"
#include "variant_set.hpp"

namespace spm::rates {

/// What a store's own columns say about how it computes.
struct Agreement {
  VariantSet fitting = VariantSet::all();
  std::size_t points = 0;     ///< compared, of the store
  std::size_t moving = 0;     ///< of these, rates other than 0
  std::string contradiction;  ///< where no variant fits: one point in words
};

/// Computes the rates of `series` in every way and holds them against the store's: the same groups, the same points,
/// the same bits. `of_store`: one matrix over `at.grid` for each of `groupings`.
base::Result<Agreement> compare_variants(std::span<const RecordedSeries> series, const ComparisonGrid& at,
                                         const std::vector<Grouping>& groupings,
                                         std::span<const model::Matrix* const> of_store);

}  // namespace spm::rates
