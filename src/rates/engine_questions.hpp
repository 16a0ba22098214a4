#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <spm/prometheus/client.hpp>
#include <spm/rates/quantile.hpp>

#include "variant_set.hpp"

/// Questions that need no data: series made up in the query itself, with which a store's engine does what it does with
/// its own. They tell apart what the data at hand may not. Each is one instant query; what each way of computing
/// answers is computed by this program's own code, so that question and expectation cannot drift apart.
namespace spm::rates {

/// Rates of counters made of the time, over subqueries. `at_ms`: whole minutes.
prometheus::InstantQuery rates_question(std::int64_t at_ms);
/// The variants that give this answer. Empty: the store computes in yet another way.
VariantSet variants_by_rates(const prometheus::InstantAnswer& answer, std::int64_t at_ms);

/// Sums of numbers of very unlike size.
prometheus::InstantQuery sums_question(std::int64_t at_ms);
VariantSet variants_by_sums(const prometheus::InstantAnswer& answer);

/// Quantiles of odd buckets: falling, nearly equal, without +Inf...
prometheus::InstantQuery quantiles_question(std::int64_t at_ms);
/// nullopt: the store computes in yet another way.
std::optional<BucketRepair> repair_by_quantiles(const prometheus::InstantAnswer& answer);

}  // namespace spm::rates
