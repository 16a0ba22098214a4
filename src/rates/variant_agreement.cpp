#include "variant_agreement.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "column_sums.hpp"
#include "rate_window.hpp"
#include "same_bits.hpp"

namespace spm::rates {
namespace {

constexpr std::size_t kMaxCells = std::size_t{1} << 20U;

using Columns = std::vector<model::Matrix>;

std::vector<LabelView> views_of(const RecordedSeries& series) {
  std::vector<LabelView> views;
  views.reserve(series.labels.size());
  for (const auto& [name, value] : series.labels) views.push_back({name, value});
  return views;
}

/// The columns of both summations: { plain, compensated }.
base::Result<std::array<Columns, 2>> computed(std::span<const RecordedSeries> series, const ComparisonGrid& at,
                                              const std::vector<Grouping>& groupings, WindowStart start,
                                              Extrapolation extrapolation) {
  RateWindow window(at.grid, at.window_ms, start, extrapolation);
  ColumnSums plain(at.grid, Summation::plain, groupings, kMaxCells);
  ColumnSums compensated(at.grid, Summation::compensated, groupings, kMaxCells);
  for (const RecordedSeries& one : series) {
    const std::vector<LabelView> labels = views_of(one);
    const RatePoints& rates = window.compute(one.times_ms, one.values);
    for (ColumnSums* sums : {&plain, &compensated}) {
      if (auto added = sums->add(labels, rates); !added) return base::fail(std::move(added.error()));
    }
  }
  return std::array<Columns, 2>{plain.finish(), compensated.finish()};
}

using Group = std::pair<model::LabelSet, const model::Column*>;

/// By labels. Groups without a point are as good as none.
std::vector<Group> sorted_groups(const model::Matrix& matrix) {
  std::vector<Group> groups;
  groups.reserve(matrix.series.size());
  for (const model::Series& series : matrix.series) {
    if (series.column.none()) continue;
    Group& group = groups.emplace_back(series.labels, &series.column);
    std::ranges::sort(group.first);
  }
  std::ranges::sort(groups, {}, &Group::first);
  return groups;
}

std::string text_of(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return {digits.data(), end.ptr};
}

std::string point_in_words(const model::LabelSet& labels, const model::TimeGrid& grid, const model::Column& here,
                           const model::Column& there) {
  std::string group;
  for (const model::Label& label : labels) group += (group.empty() ? "" : ", ") + label.name + '=' + label.value;
  std::size_t i = 0;
  while (here.has(i) == there.has(i) && (!here.has(i) || same_bits(here.value(i), there.value(i)))) ++i;
  const auto value = [i](const model::Column& column) { return column.has(i) ? text_of(column.value(i)) : "no value"; };
  return "for {" + group + "} at " + std::to_string(grid.at(i)) + " ms the store says " + value(there) +
         ", its raw samples give " + value(here);
}

/// Empty: they are the same.
std::string difference(const model::Matrix& here, const model::Matrix& there) {
  const std::vector<Group> ours = sorted_groups(here);
  const std::vector<Group> theirs = sorted_groups(there);
  if (ours.size() != theirs.size()) {
    return "the store has " + std::to_string(theirs.size()) + " groups, its raw samples make " +
           std::to_string(ours.size());
  }
  for (std::size_t i = 0; i < ours.size(); ++i) {
    if (ours[i].first != theirs[i].first) return "the store's groups have other labels than its raw series";
    if (!same_bits(*ours[i].second, *theirs[i].second)) {
      return point_in_words(ours[i].first, here.grid, *ours[i].second, *theirs[i].second);
    }
  }
  return {};
}

void count_points(const model::Matrix& matrix, Agreement& agreement) {
  for (const model::Series& series : matrix.series) {
    for (std::size_t i = 0; i < series.column.size(); ++i) {
      if (!series.column.has(i)) continue;
      ++agreement.points;
      if (series.column.value(i) != 0) ++agreement.moving;
    }
  }
}

}  // namespace

base::Result<Agreement> compare_variants(std::span<const RecordedSeries> series, const ComparisonGrid& at,
                                         const std::vector<Grouping>& groupings,
                                         std::span<const model::Matrix* const> of_store) {
  Agreement agreement;
  for (const model::Matrix* matrix : of_store) {
    if (matrix->grid != at.grid) {
      return base::fail(base::ErrorKind::store_misbehaved, "the store answers at other times than it was asked for");
    }
    count_points(*matrix, agreement);
  }
  for (std::size_t index = 0; index < VariantSet::kVariants; index += 2) {
    const RateVariant variant = VariantSet::variant(index);
    auto both = computed(series, at, groupings, variant.window_start, variant.extrapolation);
    if (!both) return base::fail(std::move(both.error()));
    for (std::size_t summation = 0; summation < both->size(); ++summation) {
      for (std::size_t i = 0; i < groupings.size(); ++i) {
        std::string differs = difference((*both)[summation][i], *of_store[i]);
        if (differs.empty()) continue;
        agreement.fitting.remove(index + summation);
        agreement.contradiction = std::move(differs);
        break;
      }
    }
  }
  return agreement;
}

}  // namespace spm::rates
