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
#include <spm/rates/rate_query.hpp>
#include <spm/rates/rate_variant.hpp>

#include "chunked_series.hpp"
#include "rate_window.hpp"

namespace spm::rates {

/// What the limit's error says.
base::Error too_many_cells();

/// Adds the rates of series up in groups, for several parts at once. Series must come in the order in which the store
/// adds them, which is the order of a streamed answer.
class ColumnSums {
 public:
  /// `max_cells`: places for points over all groups of all parts, which is what takes memory.
  ColumnSums(const model::TimeGrid& grid, Summation summation, const std::vector<RatePart>& parts,
             std::size_t max_cells);
  /// Parts of all series.
  ColumnSums(const model::TimeGrid& grid, Summation summation, const std::vector<Grouping>& groupings,
             std::size_t max_cells);

  /// A series without any point makes no group.
  base::Result<void> add(std::span<const LabelView> labels, const RatePoints& rates);

  /// One matrix a part, in the order given; groups in the order in which they came. A label that a group lacks or has
  /// empty is left out, as in PromQL. The object is empty afterwards.
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
  struct Part {
    std::vector<std::size_t> by;       ///< places in names_
    std::size_t filtered = 0;          ///< as well
    std::vector<std::string> allowed;  ///< values of the label `filtered`; none: every series
    std::unordered_map<std::string, std::size_t, KeyHash, std::equal_to<>> index;
    std::vector<Group> groups;
  };

  std::size_t place_of(const std::string& name);
  void read_values(std::span<const LabelView> labels);
  bool takes(const Part& part) const;
  base::Result<Group*> group_of(Part& part);
  Group new_group(const Part& part) const;
  void add_run(Group& group, const RatePoints& rates, PointRun run) const;

  model::TimeGrid grid_;
  Summation summation_;
  std::vector<std::string> names_;  ///< of all labels that any part looks at
  std::vector<Part> parts_;
  std::size_t cells_left_;
  std::size_t label_bytes_left_;
  std::vector<std::string_view> values_;  ///< of names_, in the series at hand
  std::string key_;                       ///< of the group looked for
};

}  // namespace spm::rates
