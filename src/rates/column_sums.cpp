#include "column_sums.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace spm::rates {
namespace {

std::string_view value_of(std::span<const LabelView> labels, std::string_view name) {
  for (const LabelView& label : labels) {
    if (label.name == name) return label.value;
  }
  return {};
}

void add_plain(double* __restrict sums, const double* __restrict rates, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) sums[i] += rates[i];
}

/// Neumaier's summation, as in Prometheus' kahanSumInc. Without branches, so that the compiler does several at once.
void add_compensated(double* __restrict sums, double* __restrict lost, const double* __restrict rates,
                     std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const double sum = sums[i];
    const double rate = rates[i];
    const double total = sum + rate;
    const bool sum_is_larger = std::abs(sum) >= std::abs(rate);
    const double larger = sum_is_larger ? sum : rate;
    const double smaller = sum_is_larger ? rate : sum;
    const double more = lost[i] + ((larger - total) + smaller);
    lost[i] = std::abs(total) == std::numeric_limits<double>::infinity() ? 0.0 : more;
    sums[i] = total;
  }
}

void mark(std::vector<std::uint64_t>& present, PointRun run) {
  for (std::size_t word = run.begin / 64; word * 64 < run.end; ++word) {
    const std::size_t low = std::max(run.begin, word * 64) - word * 64;
    const std::size_t high = std::min(run.end - word * 64, std::size_t{64});
    present[word] |= (~std::uint64_t{0} >> (64 - (high - low))) << low;
  }
}

}  // namespace

ColumnSums::ColumnSums(const model::TimeGrid& grid, Summation summation, std::vector<Grouping> groupings,
                       std::size_t max_cells)
    : grid_(grid),
      summation_(summation),
      cells_left_(max_cells) {
  groupings_.reserve(groupings.size());
  for (Grouping& by : groupings) {
    groupings_.emplace_back();
    groupings_.back().by = std::move(by);
  }
}

base::Result<void> ColumnSums::add(std::span<const LabelView> labels, const RatePoints& rates) {
  if (rates.runs.empty()) return {};
  for (Groups& groups : groupings_) {
    auto group = group_of(groups, labels);
    if (!group) return base::fail(std::move(group.error()));
    for (const PointRun run : rates.runs) add_run(**group, rates, run);
  }
  return {};
}

base::Result<ColumnSums::Group*> ColumnSums::group_of(Groups& groups, std::span<const LabelView> labels) {
  key_.clear();
  for (const std::string& name : groups.by) {
    // Length first: no value can look like the border between two.
    const std::string_view value = value_of(labels, name);
    const std::size_t length = value.size();
    key_.append(reinterpret_cast<const char*>(&length), sizeof length);
    key_.append(value);
  }
  const auto found = groups.index.find(std::string_view(key_));
  if (found != groups.index.end()) return &groups.groups[found->second];

  if (grid_.points > cells_left_) {
    return base::fail(base::ErrorKind::answer_too_large,
                      "the answer has too many groups: " + std::to_string(groups.groups.size()) + " of " +
                          std::to_string(grid_.points) + " points each are allowed");
  }
  cells_left_ -= grid_.points;
  groups.index.emplace(key_, groups.groups.size());
  groups.groups.push_back(new_group(groups.by, labels));
  return &groups.groups.back();
}

ColumnSums::Group ColumnSums::new_group(const Grouping& by, std::span<const LabelView> labels) const {
  Group group;
  for (const std::string& name : by) {
    const std::string_view value = value_of(labels, name);
    if (!value.empty()) group.labels.push_back({name, std::string(value)});
  }
  // The first rate is taken as it is: -0 is the one number that changes nothing when added to.
  group.sums.assign(grid_.points, -0.0);
  if (summation_ == Summation::compensated) group.lost.assign(grid_.points, 0.0);
  group.present.assign((grid_.points + 63) / 64, 0);
  return group;
}

void ColumnSums::add_run(Group& group, const RatePoints& rates, PointRun run) const {
  const std::size_t count = run.end - run.begin;
  if (summation_ == Summation::plain) {
    add_plain(&group.sums[run.begin], &rates.values[run.begin], count);
  } else {
    add_compensated(&group.sums[run.begin], &group.lost[run.begin], &rates.values[run.begin], count);
  }
  mark(group.present, run);
}

std::vector<model::Matrix> ColumnSums::finish() {
  std::vector<model::Matrix> answer;
  answer.reserve(groupings_.size());
  for (Groups& groups : groupings_) {
    model::Matrix matrix;
    matrix.grid = grid_;
    matrix.series.reserve(groups.groups.size());
    for (Group& group : groups.groups) {
      for (std::size_t i = 0; i < group.lost.size(); ++i) group.sums[i] += group.lost[i];
      group.lost = {};
      matrix.series.push_back(
          {std::move(group.labels), model::Column(std::move(group.sums), std::move(group.present))});
    }
    answer.push_back(std::move(matrix));
  }
  groupings_.clear();
  return answer;
}

}  // namespace spm::rates
