#pragma once

#include <string>

#include <spm/schema/store_schema.hpp>

#include "metric_name_parts.hpp"

namespace spm::schema {

inline constexpr int kUnknownProducer = 100;

/// A family while it is being looked at: with its names in parts.
struct FoundFamily {
  Family family;
  CallsName calls;          ///< of a calls counter; empty name: the histogram counts
  HistogramName histogram;  ///< empty base: none
  int producer_order = kUnknownProducer;
  int variant = 0;              ///< of families under the same names: 0 has the best label names
  bool looked_closely = false;  ///< status values, bounds and unit are known

  const std::string& prefix() const noexcept { return calls.name.empty() ? histogram.prefix : calls.prefix; }
  bool known_producer() const noexcept { return producer_order < kUnknownProducer; }
  bool usable() const noexcept { return family.rejected_because.empty(); }
  bool has_latencies() const noexcept { return !histogram.base.empty() && family.histogram_unusable_because.empty(); }
};

}  // namespace spm::schema
