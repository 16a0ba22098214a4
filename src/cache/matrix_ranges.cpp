#include "matrix_ranges.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace spm::cache {
namespace {

using model::Column;
using model::Matrix;
using model::Series;

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

std::string key_of(const model::LabelSet& labels) {
  std::vector<std::pair<std::string_view, std::string_view>> sorted;
  sorted.reserve(labels.size());
  for (const model::Label& label : labels) sorted.emplace_back(label.name, label.value);
  std::ranges::sort(sorted);
  std::string key;
  for (const auto& [name, value] : sorted) {
    key.append(std::to_string(name.size())).append(1, ':').append(name);
    key.append(std::to_string(value.size())).append(1, ':').append(value);
  }
  return key;
}

/// Finds groups of a matrix by their labels. Answers mostly list groups in one order; an index is made for others.
class GroupFinder {
 public:
  explicit GroupFinder(const Matrix& matrix) : series_(matrix.series) {}

  /// kNone: no such group.
  std::size_t find(const model::LabelSet& labels) {
    if (next_ < series_.size() && series_[next_].labels == labels) return next_++;
    if (!index_) {
      index_.emplace();
      index_->reserve(series_.size());
      for (std::size_t i = 0; i < series_.size(); ++i) index_->emplace(key_of(series_[i].labels), i);
    }
    const auto found = index_->find(key_of(labels));
    if (found == index_->end()) return kNone;
    next_ = found->second + 1;
    return found->second;
  }

 private:
  const std::vector<Series>& series_;
  std::size_t next_ = 0;
  std::optional<std::unordered_map<std::string, std::size_t>> index_;
};

bool has_any(const Column& column, std::size_t begin, std::size_t end) {
  return column.first_present(begin, end) != end;
}

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b));
}

/// Some stores add up in the order in which their parts come, and never say the last bits twice.
bool same_but_for_rounding(double a, double b) {
  constexpr double kRounding = 1e-12;
  const double apart = std::abs(a - b);
  return same_bits(a, b) || (std::isfinite(apart) && apart <= kRounding * std::max(std::abs(a), std::abs(b)));
}

bool same_points(const Column& a, std::size_t a_begin, const Column& b, std::size_t b_begin, std::size_t count,
                 Sameness sameness) {
  const auto same = sameness == Sameness::bits ? same_bits : same_but_for_rounding;
  for (std::size_t i = 0; i < count; ++i) {
    const bool there = a.has(a_begin + i);
    if (there != b.has(b_begin + i)) return false;
    if (there && !same(a.value(a_begin + i), b.value(b_begin + i))) return false;
  }
  return true;
}

}  // namespace

Matrix slice(const Matrix& from, std::size_t begin, std::size_t count) {
  Matrix made;
  made.grid = {from.grid.at(begin), from.grid.step_ms, count};
  made.series.reserve(from.series.size());
  for (const Series& series : from.series) {
    if (!has_any(series.column, begin, begin + count)) continue;
    Series& copy = made.series.emplace_back();
    copy.labels = series.labels;
    copy.column.reserve(count);
    copy.column.append(series.column, begin, count);
  }
  return made;
}

Matrix join(const Matrix& head, std::size_t begin, std::size_t end, const Matrix& tail) {
  const std::size_t before = end - begin;
  const std::size_t after = tail.grid.points;
  Matrix made;
  made.grid = {head.grid.at(begin), head.grid.step_ms, before + after};
  made.series.reserve(std::max(head.series.size(), tail.series.size()));
  GroupFinder in_tail(tail);
  std::vector<bool> taken(tail.series.size(), false);
  for (const Series& series : head.series) {
    const std::size_t place = in_tail.find(series.labels);
    if (place == kNone && !has_any(series.column, begin, end)) continue;
    Series& joined = made.series.emplace_back();
    joined.labels = series.labels;
    joined.column.reserve(before + after);
    joined.column.append(series.column, begin, before);
    if (place == kNone) {
      joined.column.append_absent(after);
    } else {
      joined.column.append(tail.series[place].column, 0, after);
      taken[place] = true;
    }
  }
  for (std::size_t i = 0; i < tail.series.size(); ++i) {
    if (taken[i]) continue;
    Series& joined = made.series.emplace_back();
    joined.labels = tail.series[i].labels;
    joined.column.reserve(before + after);
    joined.column.append_absent(before);
    joined.column.append(tail.series[i].column, 0, after);
  }
  return made;
}

bool same_points(const Matrix& a, std::size_t a_begin, const Matrix& b, std::size_t b_begin, std::size_t count,
                 Sameness sameness) {
  if (count == 0) return true;
  GroupFinder in_b(b);
  std::vector<bool> seen(b.series.size(), false);
  for (const Series& series : a.series) {
    const std::size_t place = in_b.find(series.labels);
    if (place == kNone) {
      if (has_any(series.column, a_begin, a_begin + count)) return false;
      continue;
    }
    seen[place] = true;
    if (!same_points(series.column, a_begin, b.series[place].column, b_begin, count, sameness)) return false;
  }
  for (std::size_t i = 0; i < b.series.size(); ++i) {
    if (!seen[i] && has_any(b.series[i].column, b_begin, b_begin + count)) return false;
  }
  return true;
}

std::size_t first_present(const Matrix& matrix, std::size_t begin, std::size_t end) {
  std::size_t first = end;
  for (const Series& series : matrix.series) first = std::min(first, series.column.first_present(begin, first));
  return first;
}

std::size_t end_of_present(const Matrix& matrix, std::size_t end) {
  std::size_t last = 0;
  for (const Series& series : matrix.series) {
    last = std::max(last, series.column.end_of_present(end));
    if (last == end) break;
  }
  return last;
}

std::size_t bytes_of(const Matrix& matrix) {
  // A heap block has a head of its own.
  constexpr std::size_t kBlock = 16;
  std::size_t bytes = sizeof(Matrix) + matrix.series.size() * (sizeof(Series) + 3 * kBlock);
  for (const Series& series : matrix.series) {
    bytes += series.column.size() * sizeof(double) + (series.column.size() + 63) / 64 * sizeof(std::uint64_t);
    bytes += series.labels.size() * sizeof(model::Label);
    for (const model::Label& label : series.labels) {
      for (const std::string* text : {&label.name, &label.value}) {
        if (text->capacity() > std::string().capacity()) bytes += text->capacity() + kBlock;
      }
    }
  }
  return bytes;
}

}  // namespace spm::cache
