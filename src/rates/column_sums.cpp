#include "column_sums.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <spm/prometheus/store_options.hpp>

#include "column_sums_add.hpp"

namespace spm::rates {
namespace {

/// Of all groups together. As much as an answer of the store may be.
constexpr std::size_t kMaxLabelBytes = std::size_t{64} << 20U;

base::Error too_long_labels() {
  return {base::ErrorKind::answer_too_large,
          "the names of what this question is about take more than 64 MiB; ask for fewer services"};
}

std::vector<RatePart> parts_of_all(const std::vector<Grouping>& groupings) {
  std::vector<RatePart> parts;
  parts.reserve(groupings.size());
  for (const Grouping& by : groupings) parts.push_back({by, std::nullopt});
  return parts;
}

void mark(std::vector<std::uint64_t>& present, PointRun run) {
  for (std::size_t word = run.begin / 64; word * 64 < run.end; ++word) {
    const std::size_t low = std::max(run.begin, word * 64) - word * 64;
    const std::size_t high = std::min(run.end - word * 64, std::size_t{64});
    present[word] |= (~std::uint64_t{0} >> (64 - (high - low))) << low;
  }
}

}  // namespace

base::Error too_many_cells() {
  return {base::ErrorKind::answer_too_large, "the rates of this question take more places for points than " +
                                                 std::string(prometheus::kMaxCellsSetting) +
                                                 " allows; ask for a shorter time or fewer services"};
}

ColumnSums::ColumnSums(const model::TimeGrid& grid, Summation summation, const std::vector<Grouping>& groupings,
                       std::size_t max_cells)
    : ColumnSums(grid, summation, parts_of_all(groupings), max_cells) {}

ColumnSums::ColumnSums(const model::TimeGrid& grid, Summation summation, const std::vector<RatePart>& parts,
                       std::size_t max_cells)
    : grid_(grid),
      summation_(summation),
      cells_left_(max_cells),
      label_bytes_left_(kMaxLabelBytes) {
  parts_.reserve(parts.size());
  for (const RatePart& wanted : parts) {
    Part& part = parts_.emplace_back();
    for (const std::string& name : wanted.by) part.by.push_back(place_of(name));
    if (!wanted.only) continue;
    part.filtered = place_of(wanted.only->name);
    part.allowed = wanted.only->values;
  }
  values_.resize(names_.size());
}

std::size_t ColumnSums::place_of(const std::string& name) {
  const auto found = std::ranges::find(names_, name);
  const auto place = static_cast<std::size_t>(found - names_.begin());
  if (found == names_.end()) names_.push_back(name);
  return place;
}

base::Result<void> ColumnSums::add(std::span<const LabelView> labels, const RatePoints& rates) {
  if (rates.runs.empty()) return {};
  read_values(labels);
  for (Part& part : parts_) {
    if (!takes(part)) continue;
    auto group = group_of(part);
    if (!group) return base::fail(std::move(group.error()));
    for (const PointRun run : rates.runs) add_run(**group, rates, run);
  }
  return {};
}

void ColumnSums::read_values(std::span<const LabelView> labels) {
  std::ranges::fill(values_, std::string_view());
  for (const LabelView& label : labels) {
    const auto found = std::ranges::find(names_, label.name);
    if (found != names_.end()) values_[static_cast<std::size_t>(found - names_.begin())] = label.value;
  }
}

bool ColumnSums::takes(const Part& part) const {
  return part.allowed.empty() || std::ranges::find(part.allowed, values_[part.filtered]) != part.allowed.end();
}

base::Result<ColumnSums::Group*> ColumnSums::group_of(Part& part) {
  key_.clear();
  for (const std::size_t place : part.by) {
    // Length first: no value can look like the border between two.
    const std::size_t length = values_[place].size();
    key_.append(reinterpret_cast<const char*>(&length), sizeof length);
    key_.append(values_[place]);
  }
  const auto found = part.index.find(std::string_view(key_));
  if (found != part.index.end()) return &part.groups[found->second];

  if (grid_.points > cells_left_) return base::fail(too_many_cells());
  cells_left_ -= grid_.points;
  if (key_.size() > label_bytes_left_) return base::fail(too_long_labels());
  label_bytes_left_ -= key_.size();
  part.index.emplace(key_, part.groups.size());
  part.groups.push_back(new_group(part));
  return &part.groups.back();
}

ColumnSums::Group ColumnSums::new_group(const Part& part) const {
  Group group;
  for (const std::size_t place : part.by) {
    if (!values_[place].empty()) group.labels.push_back({names_[place], std::string(values_[place])});
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
  answer.reserve(parts_.size());
  for (Part& part : parts_) {
    model::Matrix matrix;
    matrix.grid = grid_;
    matrix.series.reserve(part.groups.size());
    for (Group& group : part.groups) {
      for (std::size_t i = 0; i < group.lost.size(); ++i) group.sums[i] += group.lost[i];
      group.lost = {};
      matrix.series.push_back(
          {std::move(group.labels), model::Column(std::move(group.sums), std::move(group.present))});
    }
    answer.push_back(std::move(matrix));
  }
  parts_.clear();
  return answer;
}

}  // namespace spm::rates
