#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/rates/quantile.hpp>
#include <spm/rates/rate_reader.hpp>
#include <spm/rates/rate_source.hpp>
#include <spm/rates/rate_variant.hpp>

#include "variant_set.hpp"

namespace spm::rates {

/// What a store's engine says of itself by answers that need no data.
struct EngineAnswers {
  VariantSet variants = VariantSet::all();  ///< what it refuses or answers oddly rules nothing out
  std::optional<BucketRepair> repair;       ///< empty: its quantiles cannot be computed here

  friend bool operator==(const EngineAnswers&, const EngineAnswers&) = default;
};

/// Three small queries at `now_ms`. An error means that the store could not be asked, not that it refused a question.
/// References outlive the call.
boost::asio::awaitable<base::Result<EngineAnswers>> ask_engine(prometheus::PrometheusClient& store, std::int64_t now_ms,
                                                               const base::CallContext& context);

/// What a comparison with the store's own answers has shown.
struct ComparisonOutcome {
  enum class Verdict : std::uint8_t {
    agreed,     ///< by `variant`
    disagreed,  ///< the store's answers are other ones than its samples make, in every way known here
    absent,     ///< it hands out no chunks, or not to us
    undecided   ///< not enough data to tell
  };

  Verdict verdict = Verdict::undecided;
  std::optional<RateVariant> variant;
  std::string reason;  ///< one sentence for people, unless agreed
};

/// "agreed", "disagreed", ...
std::string_view name_of(ComparisonOutcome::Verdict verdict) noexcept;

struct ComparisonGround {
  prometheus::PrometheusClient& store;
  RateSource& promql;  ///< the store's own rates
  std::int64_t now_ms = 0;
  /// Before a disagreement counts, it is looked for once more: data may have changed between the two questions.
  std::chrono::milliseconds second_look_after{1'000};
};

/// Reads a few raw samples of `subject`, computes from them in every way that `by_engine` leaves, and asks the store
/// the same. Errors: the store could not be asked. References outlive the call.
boost::asio::awaitable<base::Result<ComparisonOutcome>> compare_with_store(const ComparisonGround& ground,
                                                                           const ComparisonSubject& subject,
                                                                           VariantSet by_engine,
                                                                           const base::CallContext& context);

}  // namespace spm::rates
