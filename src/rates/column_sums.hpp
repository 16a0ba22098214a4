#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/model/matrix.hpp>
#include <spm/rates/rate_variant.hpp>

#include "chunked_series.hpp"
#include "rate_window.hpp"

namespace spm::rates {

/// The labels of one `sum by (...)`.
using Grouping = std::vector<std::string>;

/// Adds the rates of series up in groups, for several groupings at once. Series must come in the order in which the
/// store adds them, which is the order of a streamed answer.
class ColumnSums {
 public:
  /// `max_cells`: places for points over all groups of all groupings, which is what takes memory.
  ColumnSums(const model::TimeGrid& grid, Summation summation, std::vector<Grouping> groupings, std::size_t max_cells);

  /// A series without any point makes no group.
  base::Result<void> add(std::span<const LabelView> labels, const RatePoints& rates);

  /// One matrix a grouping, in the order given; groups in the order in which they came. A label that a group lacks or
  /// has empty is left out, as in PromQL. The object is empty afterwards.
  std::vector<model::Matrix> finish();

 private:
  struct Group {
    model::LabelSet labels;
    std::vector<double> sums;
    std::vector<double> lost;  ///< what plain addition lost; empty with plain sums
    std::vector<std::uint64_t> present;
  };
  struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
  };
  struct Groups {
    Grouping by;
    std::unordered_map<std::string, std::size_t, KeyHash, std::equal_to<>> index;
    std::vector<Group> groups;
  };

  base::Result<Group*> group_of(Groups& groups, std::span<const LabelView> labels);
  Group new_group(const Grouping& by, std::span<const LabelView> labels) const;
  void add_run(Group& group, const RatePoints& rates, PointRun run) const;

  model::TimeGrid grid_;
  Summation summation_;
  std::vector<Groups> groupings_;
  std::size_t cells_left_;
  std::string key_;  ///< of the group looked for
};

}  // namespace spm::rates
