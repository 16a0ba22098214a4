#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <spm/model/time_grid.hpp>
#include <spm/promql/ast.hpp>

namespace spm::rates {

/// The labels of one `sum by (...)`.
using Grouping = std::vector<std::string>;

/// Series whose label `name` has one of `values`, of which there is at least one; none is empty.
struct LabelFilter {
  std::string name;
  std::vector<std::string> values;

  friend bool operator==(const LabelFilter&, const LabelFilter&) = default;
  friend auto operator<=>(const LabelFilter&, const LabelFilter&) = default;
};

/// One set of columns: `sum by (by) (rate(...))` over the series that pass `only`.
struct RatePart {
  Grouping by;
  std::optional<LabelFilter> only;  ///< empty: all of the query's series

  friend bool operator==(const RatePart&, const RatePart&) = default;
  friend auto operator<=>(const RatePart&, const RatePart&) = default;
};

/// Rates of the series that `metric` and `matchers` select, at every point of `grid`.
struct RateQuery {
  std::string metric;                     ///< its name as the store has it: any UTF-8
  std::vector<promql::Matcher> matchers;  ///< beside the name
  std::int64_t window_ms = 0;             ///< > 0
  model::TimeGrid grid;
  std::vector<RatePart> needed;  ///< at least one
  /// What other questions of the same page ask of the same series. A source that sees every series anyway fills these
  /// too, so that those questions can share its read; another one leaves them out.
  std::vector<RatePart> welcome;
};

}  // namespace spm::rates
