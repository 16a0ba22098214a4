#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <spm/rates/rate_source.hpp>
#include <spm/telemetry/metrics.hpp>

#include "late_log.hpp"
#include "rate_shelf.hpp"

namespace spm::cache {

/// How a question is to be treated.
struct VisitRules {
  bool fresh = false;                       ///< nothing that is kept is used; what is read takes its place
  bool must_ask = false;                    ///< the store is asked for one point at least
  rates::Reuse whole = rates::Reuse::miss;  ///< what a read of all points is called
};

/// One look at what is kept for one question: what can be given out, what must be read, and what becomes of that. Does
/// not read itself. Of one coroutine; `shelf` and the rest outlive it.
class RateVisit {
 public:
  RateVisit(RateShelf& shelf, telemetry::Metrics& metrics, LateLog& late_log, const rates::RateQuery& query,
            std::string caller, VisitRules rules, Moment now);

  /// Whether all that is needed is there and holds.
  bool is_hit() const noexcept { return from_ == query_.grid.points; }
  /// `asked`: the store was, for beginning().
  rates::RateAnswerPtr hit(bool asked, Moment now) const;

  /// What is not there, or does not hold any more.
  rates::RateQuery rest() const;
  /// The question's columns out of what is kept and `read`, an answer to rest() that was asked for at `asked`. Null:
  /// what is kept has turned out to hold no more; look again.
  rates::RateAnswerPtr take(const rates::RateAnswer& read, Moment asked, Moment now);

  /// Whether beginning() is to be read first, for beginning_holds().
  bool beginning_is_due(Moment now) const;
  /// The first point of what is kept for the question.
  rates::RateQuery beginning() const;
  /// `read` was asked for at `asked`. False: the store has others there by now; look again.
  bool beginning_holds(const rates::RateAnswer& read, Moment asked);

 private:
  using Part = rates::RatePart;
  using MatrixPtr = rates::MatrixPtr;

  /// One part of what was read.
  struct Read {
    const Part* part;
    MatrixPtr columns;
    ExtentPtr kept;  ///< what it goes with; null: nothing
    bool is_in;      ///< another caller has put it into `kept`
  };

  ExtentPtr planned(const Part& part) const;
  std::vector<Read> sort_out(const rates::RateAnswer& read, std::uint64_t generation, const Moment& now);
  bool contradicts(const std::vector<Read>& reads, const rates::RateAnswer& read, std::uint64_t generation,
                   const Moment& now);
  std::optional<std::int64_t> last_present_ms(const std::vector<Read>& reads) const;
  std::optional<Extent> merged(const Read& one, const rates::RateAnswer& read, const Moment& asked,
                               const RateGroup::Terms& terms, std::optional<std::int64_t> last_present) const;
  MatrixPtr for_the_question(const Read& one) const;

  RateShelf& shelf_;
  telemetry::Metrics& metrics_;
  LateLog& late_log_;
  const rates::RateQuery query_;
  const VisitRules rules_;
  const GroupPlace place_;
  RateGroup::Terms terms_;
  std::vector<ExtentPtr> held_;  ///< in the order of query_.needed; null: nothing that counts
  std::size_t from_ = 0;         ///< the first point that must be read
  model::TimeGrid rest_grid_;
  std::optional<std::int64_t> beginning_ms_;
};

}  // namespace spm::cache
