#include "rate_visit.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "matrix_ranges.hpp"

namespace spm::cache {
namespace {

using model::Matrix;
using model::TimeGrid;
using rates::MatrixPtr;
using rates::RateAnswer;
using rates::RateAnswerPtr;
using rates::RatePart;
using rates::Reuse;

bool is_over(const Matrix& matrix, const TimeGrid& grid) {
  if (matrix.series.empty()) return true;
  return matrix.grid == grid && std::ranges::all_of(matrix.series, [&](const model::Series& series) {
           return series.column.size() == grid.points;
         });
}

std::size_t cells_of(const Matrix& matrix) { return matrix.series.size() * matrix.grid.points; }

std::size_t index_in(const Extent& held, std::int64_t time_ms) {
  return static_cast<std::size_t>(steps_between(held.grid().start_ms, time_ms, held.grid().step_ms));
}

bool same_engine(const Extent& held, const RateAnswer& read) {
  return held.era == read.era && held.bucket_repair == read.bucket_repair;
}

}  // namespace

RateVisit::RateVisit(RateShelf& shelf, telemetry::Metrics& metrics, LateLog& late_log, const rates::RateQuery& query,
                     std::string caller, VisitRules rules, Moment now)
    : shelf_(shelf),
      metrics_(metrics),
      late_log_(late_log),
      query_(query),
      rules_(rules),
      place_(shelf.group_of(query, std::move(caller))),
      terms_(place_.group->note_question(query.grid.points, now.steady)) {
  const TimeGrid& grid = query_.grid;
  std::size_t final_points = grid.points;
  bool all_hold = !rules_.fresh;
  for (const RatePart& part : query_.needed) {
    ExtentPtr held = rules_.fresh ? nullptr : shelf_.find(place_, part, terms_.generation, now);
    if (held && !held_.empty() && held_.front()) {
      const Extent& other = *held_.front();
      if (other.era != held->era || other.bucket_repair != held->bucket_repair) held.reset();
    }
    all_hold = all_hold && held && answers(*held, grid, now);
    final_points = std::min(final_points, held ? final_points_of(*held, grid) : 0);
    held_.push_back(std::move(held));
  }
  // Its parts are the least recently used first, not itself.
  shelf_.keeps(place_);
  from_ = all_hold && !rules_.must_ask ? grid.points : std::min(final_points, grid.points - 1);
  rest_grid_ = {grid.at(from_), grid.step_ms, grid.points - from_};

  if (from_ == 0) return;
  std::int64_t first_ms = std::numeric_limits<std::int64_t>::max();
  for (const ExtentPtr& held : held_) {
    const std::size_t begin = index_in(*held, grid.start_ms);
    const std::size_t end = begin + final_points_of(*held, grid);
    const std::size_t first = first_present(*held->matrix, begin, end);
    if (first != end) first_ms = std::min(first_ms, held->grid().at(first));
  }
  if (first_ms != std::numeric_limits<std::int64_t>::max()) beginning_ms_ = first_ms;
}

RateAnswerPtr RateVisit::hit(bool asked, Moment now) const {
  auto answer = std::make_shared<RateAnswer>();
  answer->bucket_repair = held_.front()->bucket_repair;
  answer->era = held_.front()->era;
  answer->report.reuse = asked ? Reuse::partial : Reuse::hit;
  answer->report.way = held_.front()->way;
  answer->report.asked = now.steady;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    answer->columns.emplace_back(query_.needed[i], columns_over(*held_[i], query_.grid));
    const bool all_final = final_points_of(*held_[i], query_.grid) == query_.grid.points;
    if (!all_final) answer->report.asked = std::min(answer->report.asked, held_[i]->read.steady);
  }
  return answer;
}

rates::RateQuery RateVisit::rest() const {
  rates::RateQuery rest = query_;
  rest.grid = rest_grid_;
  return rest;
}

bool RateVisit::beginning_is_due(Moment now) const {
  return beginning_ms_ && place_.group->beginning_is_due(now.steady);
}

rates::RateQuery RateVisit::beginning() const {
  rates::RateQuery first = query_;
  first.grid = {*beginning_ms_, query_.grid.step_ms, 1};
  return first;
}

bool RateVisit::beginning_holds(const RateAnswer& read, Moment asked) {
  const TimeGrid grid{*beginning_ms_, query_.grid.step_ms, 1};
  for (const auto& [part, columns] : read.columns) {
    const ExtentPtr held = planned(part);
    if (!held || !is_over(*columns, grid)) continue;
    const bool same = same_engine(*held, read);
    if (same && same_points(*held->matrix, index_in(*held, grid.start_ms), *columns, 0, 1, Sameness::rounding))
      continue;
    // What a store says of the data goes for what it has left out too.
    if (same && !read.warnings.empty()) continue;
    if (place_.group->drop(terms_.generation)) metrics_.cache_evicted(same ? "beginning" : "era");
    return false;
  }
  place_.group->beginning_was_read(asked.steady);
  return true;
}

ExtentPtr RateVisit::planned(const Part& part) const {
  const auto found = std::ranges::find(query_.needed, part);
  return found == query_.needed.end() ? nullptr : held_[static_cast<std::size_t>(found - query_.needed.begin())];
}

std::vector<RateVisit::Read> RateVisit::sort_out(const RateAnswer& read, std::uint64_t generation, const Moment& now) {
  std::vector<Read> reads;
  reads.reserve(read.columns.size());
  for (const auto& [part, columns] : read.columns) {
    if (!is_over(*columns, rest_grid_)) continue;
    Read one{&part, columns, nullptr, false};
    if (columns->series.empty() && columns->grid != rest_grid_) {
      one.columns = std::make_shared<const Matrix>(Matrix{rest_grid_, {}});
    }
    if (!rules_.fresh) one.kept = shelf_.find(place_, part, generation, now);
    if (!one.kept && generation == terms_.generation) one.kept = planned(part);
    one.is_in = one.kept && one.kept->made_of.lock() == one.columns;
    reads.push_back(std::move(one));
  }
  return reads;
}

bool RateVisit::contradicts(const std::vector<Read>& reads, const RateAnswer& read, std::uint64_t generation,
                            const Moment& now) {
  for (const Read& one : reads) {
    if (one.is_in) continue;
    for (const ExtentPtr& held : {one.kept, planned(*one.part)}) {
      if (!held) continue;
      if (!same_engine(*held, read)) {
        if (place_.group->drop(generation)) metrics_.cache_evicted("era");
        return true;
      }
      if (!read.warnings.empty() || !settled_points_changed(*held, *one.columns)) continue;
      if (place_.group->drop_late(generation, now.steady)) {
        metrics_.cache_evicted("late_data");
        late_log_.report(place_.group->about(), place_.group->terms(now.steady).overlap, now.steady);
      }
      return true;
    }
  }
  return false;
}

/// Of all parts together: of one alone, the failed calls say, a long silence says nothing about the store.
std::optional<std::int64_t> RateVisit::last_present_ms(const std::vector<Read>& reads) const {
  std::size_t end = 0;
  for (const Read& one : reads) end = std::max(end, end_of_present(*one.columns, rest_grid_.points));
  if (end > 0) return rest_grid_.at(end - 1);
  std::optional<std::int64_t> last;
  for (const Read& one : reads) {
    if (!one.kept) continue;
    const std::int64_t before = steps_between(one.kept->grid().start_ms, rest_grid_.start_ms, rest_grid_.step_ms);
    if (before <= 0) continue;
    const std::size_t limit = std::min(one.kept->grid().points, static_cast<std::size_t>(before));
    const std::size_t held_end = end_of_present(*one.kept->matrix, limit);
    if (held_end > 0) last = std::max(last.value_or(0), one.kept->grid().at(held_end - 1));
  }
  return last;
}

std::optional<Extent> RateVisit::merged(const Read& one, const RateAnswer& read, const Moment& asked,
                                        const RateGroup::Terms& terms, std::optional<std::int64_t> last_present) const {
  Extent made;
  made.matrix = one.columns;
  made.oldest = asked.steady;
  std::size_t before = 0;
  if (one.kept) {
    const TimeGrid& kept = one.kept->grid();
    // Who looks at another time must not take the place of those who look at the newest.
    if (kept.last_ms() > rest_grid_.last_ms()) return std::nullopt;
    const std::int64_t offset = steps_between(kept.start_ms, rest_grid_.start_ms, rest_grid_.step_ms);
    if (offset > 0 && offset <= static_cast<std::int64_t>(one.kept->final_points)) {
      const auto end = static_cast<std::size_t>(offset);
      const std::size_t longest = std::max(terms.longest, query_.grid.points);
      const std::size_t begin = end + rest_grid_.points - std::min(longest, end + rest_grid_.points);
      before = end - std::min(begin, end);
      if (before > 0) {
        made.matrix = std::make_shared<const Matrix>(join(*one.kept->matrix, end - before, end, *one.columns));
        made.oldest = std::min(made.oldest, one.kept->oldest);
      }
    }
  }
  if (before == 0 && from_ > 0) return std::nullopt;
  made.read = asked;
  made.overlap = terms.overlap;
  made.final_points = std::max(before, final_points(made.grid(), asked, last_present, terms.overlap));
  made.bucket_repair = read.bucket_repair;
  made.era = read.era;
  made.way = read.report.way;
  made.generation = terms.generation;
  made.made_of = one.columns;
  return made;
}

MatrixPtr RateVisit::for_the_question(const Read& one) const {
  if (from_ == 0) return one.columns;
  const Extent& held = *planned(*one.part);
  const std::size_t begin = index_in(held, query_.grid.start_ms);
  return std::make_shared<const Matrix>(join(*held.matrix, begin, begin + from_, *one.columns));
}

RateAnswerPtr RateVisit::take(const RateAnswer& read, Moment asked, Moment now) {
  RateGroup::Terms terms = place_.group->terms(now.steady);
  const bool same_generation = terms.generation == terms_.generation;
  if (!same_generation && from_ > 0) return nullptr;

  auto answer = std::make_shared<RateAnswer>();
  answer->warnings = read.warnings;
  answer->bucket_repair = read.bucket_repair;
  answer->era = read.era;
  answer->report = read.report;
  answer->report.reuse = from_ == 0 ? rules_.whole : Reuse::partial;
  answer->report.asked = asked.steady;

  std::vector<Read> reads = sort_out(read, terms.generation, now);
  const bool complete = std::ranges::all_of(query_.needed, [&](const RatePart& part) {
    return std::ranges::any_of(reads, [&](const Read& one) { return *one.part == part; });
  });
  if (!complete) {
    if (from_ > 0) return nullptr;
    answer->columns = read.columns;
    return answer;
  }
  if (same_generation && !rules_.fresh && contradicts(reads, read, terms.generation, now)) {
    if (from_ > 0) return nullptr;
    terms = place_.group->terms(now.steady);
    for (Read& one : reads) one.kept.reset();
    for (Read& one : reads) one.is_in = false;
  }

  const bool may_keep = same_generation && read.warnings.empty() && shelf_.keeps(place_);
  const std::optional<std::int64_t> last_present = place_.group->latest_present(last_present_ms(reads));
  std::size_t cells_read = 0;
  for (const Read& one : reads) {
    const bool is_needed = std::ranges::find(query_.needed, *one.part) != query_.needed.end();
    // What nobody needs here goes along where it is whole, for those who share this answer.
    MatrixPtr columns;
    const bool newer = one.kept && same_engine(*one.kept, read) &&
                       (one.is_in || one.kept->read.steady > asked.steady) && covers(*one.kept, query_.grid);
    if (newer) {
      columns = columns_over(*one.kept, query_.grid);
    } else {
      cells_read += cells_of(*one.columns);
      std::optional<Extent> extent;
      if (may_keep) extent = merged(one, read, asked, terms, last_present);
      if (extent && covers(*extent, query_.grid)) {
        columns = columns_over(*extent, query_.grid);
      } else if (is_needed) {
        columns = for_the_question(one);
      } else if (from_ == 0) {
        columns = one.columns;
      }
      if (extent) shelf_.put(place_, *one.part, std::move(*extent));
    }
    if (columns) answer->columns.emplace_back(*one.part, std::move(columns));
  }
  if (may_keep) shelf_.keeps(place_);
  if (may_keep && from_ == 0) place_.group->beginning_was_read(asked.steady);
  metrics_.cache_points(cells_read, 0);
  return answer;
}

}  // namespace spm::cache
