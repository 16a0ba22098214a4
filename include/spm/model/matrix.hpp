#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <spm/model/time_grid.hpp>

namespace spm::model {

struct Label {
  std::string name;
  std::string value;

  friend bool operator==(const Label&, const Label&) = default;
  friend auto operator<=>(const Label&, const Label&) = default;
};

using LabelSet = std::vector<Label>;

/// The value of label `name` in `labels`, or nullptr. Linear: label sets here have two or three members.
const std::string* find_label(const LabelSet& labels, std::string_view name) noexcept;

/// One value a grid point, or none. Absent is not NaN and not 0: all three occur and mean different things.
class Column {
 public:
  Column() = default;
  explicit Column(std::size_t points) : values_(points, 0.0), present_((points + 63) / 64, 0) {}
  /// Bit i % 64 of word i / 64 of `present` says whether value i is there: (values.size() + 63) / 64 words, and no bit
  /// past the last value.
  Column(std::vector<double> values, std::vector<std::uint64_t> present)
      : values_(std::move(values)),
        present_(std::move(present)) {}

  std::size_t size() const noexcept { return values_.size(); }
  bool has(std::size_t i) const noexcept { return ((present_[i / 64] >> (i % 64)) & 1U) != 0; }
  double value(std::size_t i) const noexcept { return values_[i]; }  ///< meaningful only where has(i)
  void set(std::size_t i, double value) noexcept {
    values_[i] = value;
    present_[i / 64] |= std::uint64_t{1} << (i % 64);
  }
  /// Takes over what `piece` holds, its first point at `begin`. There is nothing in that place yet.
  void place(std::size_t begin, const Column& piece) noexcept;
  std::size_t count() const noexcept;  ///< how many points are present
  bool none() const noexcept { return count() == 0; }

  // Ranges of points. They move values and bits in bulk; all ranges lie within the columns.
  void reserve(std::size_t points);
  /// The points [begin, begin + count) of `other`, which is not this one, become the next ones here.
  void append(const Column& other, std::size_t begin, std::size_t count);
  void append_absent(std::size_t count);
  /// The first point of [begin, end) that is present; `end`: none is.
  std::size_t first_present(std::size_t begin, std::size_t end) const noexcept;
  /// The point behind the last one before `end` that is present; 0: none is.
  std::size_t end_of_present(std::size_t end) const noexcept;

 private:
  std::vector<double> values_;
  std::vector<std::uint64_t> present_;  ///< bit i of word i / 64; bits past size() are 0
};

struct Series {
  LabelSet labels;
  Column column;
};

/// A Prometheus range answer as columns over one grid.
struct Matrix {
  TimeGrid grid;
  std::vector<Series> series;
};

/// Joins answers for consecutive pieces of one grid: same step, same phase, ascending starts. Series are matched by
/// whole label sets; a timestamp that two pieces both hold keeps the later piece's value. No pieces: an empty matrix.
Matrix join_pieces(std::vector<Matrix> pieces);

}  // namespace spm::model
