#pragma once

#include <cstdint>
#include <string_view>

namespace spm::promql {

/// The words of the language. Letter case does not count.
enum class Keyword : std::uint8_t {
  none,
  aggregator,            ///< sum, topk, ...: also a metric name where no aggregation can follow
  aggregator_parameter,  ///< those of them that take a parameter
  logical_and,
  logical_or,
  unless,
  atan2,
  offset,
  by,
  without,
  on,
  ignoring,
  group_left,
  group_right,
  boolean,
  start,
  end,
  number,  ///< inf, nan
};

Keyword keyword(std::string_view word) noexcept;

/// Whether Prometheus takes the word for a metric name where an expression may begin.
bool can_be_metric_name(Keyword word) noexcept;

}  // namespace spm::promql
