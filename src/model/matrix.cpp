#include <algorithm>
#include <bit>
#include <map>

#include <spm/model/matrix.hpp>

namespace spm::model {
namespace {

constexpr std::size_t kBits = 64;

constexpr std::size_t words_of(std::size_t points) noexcept { return (points + kBits - 1) / kBits; }

/// `count` bits, 1 to 64 of them, from bit `begin` on.
std::uint64_t bits_at(const std::vector<std::uint64_t>& words, std::size_t begin, std::size_t count) noexcept {
  const std::size_t shift = begin % kBits;
  const std::size_t word = begin / kBits;
  std::uint64_t bits = words[word] >> shift;
  if (shift + count > kBits) bits |= words[word + 1] << (kBits - shift);
  return count == kBits ? bits : bits & ((std::uint64_t{1} << count) - 1);
}

}  // namespace

const std::string* find_label(const LabelSet& labels, std::string_view name) noexcept {
  const auto found = std::ranges::find(labels, name, &Label::name);
  return found == labels.end() ? nullptr : &found->value;
}

std::size_t Column::count() const noexcept {
  std::size_t count = 0;
  for (const std::uint64_t word : present_) count += static_cast<std::size_t>(std::popcount(word));
  return count;
}

void Column::place(std::size_t begin, const Column& piece) noexcept {
  std::ranges::copy(piece.values_, values_.begin() + static_cast<std::ptrdiff_t>(begin));
  const std::size_t shift = begin % 64;
  std::size_t word = begin / 64;
  for (const std::uint64_t bits : piece.present_) {
    present_[word++] |= bits << shift;
    // What is shifted out at the end of the last word may be no bit at all.
    if (const std::uint64_t rest = shift == 0 ? 0 : bits >> (64 - shift); rest != 0) present_[word] |= rest;
  }
}

void Column::reserve(std::size_t points) {
  values_.reserve(points);
  present_.reserve(words_of(points));
}

void Column::append(const Column& other, std::size_t begin, std::size_t count) {
  const std::size_t at = size();
  const auto from = other.values_.begin() + static_cast<std::ptrdiff_t>(begin);
  values_.insert(values_.end(), from, from + static_cast<std::ptrdiff_t>(count));
  present_.resize(words_of(at + count), 0);
  const std::size_t shift = at % kBits;
  std::size_t word = at / kBits;
  for (std::size_t done = 0; done < count; done += kBits, ++word) {
    const std::uint64_t bits = bits_at(other.present_, begin + done, std::min(kBits, count - done));
    present_[word] |= bits << shift;
    // What is shifted out at the end of the last word may be no bit at all.
    if (const std::uint64_t rest = shift == 0 ? 0 : bits >> (kBits - shift); rest != 0) present_[word + 1] |= rest;
  }
}

void Column::append_absent(std::size_t count) {
  values_.resize(values_.size() + count, 0.0);
  present_.resize(words_of(values_.size()), 0);
}

std::size_t Column::first_present(std::size_t begin, std::size_t end) const noexcept {
  for (std::size_t at = begin; at < end; at += kBits) {
    const std::uint64_t bits = bits_at(present_, at, std::min(kBits, end - at));
    if (bits != 0) return at + static_cast<std::size_t>(std::countr_zero(bits));
  }
  return end;
}

std::size_t Column::end_of_present(std::size_t end) const noexcept {
  while (end > 0) {
    const std::size_t word = (end - 1) / kBits;
    const std::uint64_t bits = bits_at(present_, word * kBits, end - word * kBits);
    if (bits != 0) return word * kBits + static_cast<std::size_t>(std::bit_width(bits));
    end = word * kBits;
  }
  return 0;
}

Matrix join_pieces(std::vector<Matrix> pieces) {
  if (pieces.empty()) return {};
  if (pieces.size() == 1) return std::move(pieces.front());

  TimeGrid grid = pieces.front().grid;
  // A store may shift the whole grid by less than a step; pieces without series do not know of it.
  const auto shifted = std::ranges::find_if(pieces, [](const Matrix& piece) { return !piece.series.empty(); });
  if (shifted == pieces.end()) return std::move(pieces.front());
  grid.start_ms = shifted->grid.start_ms -
                  (shifted->grid.start_ms - grid.start_ms + grid.step_ms - 1) / grid.step_ms * grid.step_ms;
  for (const Matrix& piece : pieces) {
    if (piece.series.empty()) continue;
    const auto points = (piece.grid.last_ms() - grid.start_ms) / grid.step_ms + 1;
    grid.points = std::max(grid.points, static_cast<std::size_t>(points));
  }

  Matrix joined;
  joined.grid = grid;
  std::map<LabelSet, std::size_t> position;  // of a label set in joined.series
  for (Matrix& piece : pieces) {
    const auto offset = static_cast<std::size_t>((piece.grid.start_ms - grid.start_ms) / grid.step_ms);
    for (Series& series : piece.series) {
      // Stores may order labels differently from answer to answer.
      LabelSet key = series.labels;
      std::ranges::sort(key);
      const auto [found, inserted] = position.try_emplace(std::move(key), joined.series.size());
      if (inserted) joined.series.push_back(Series{std::move(series.labels), Column(grid.points)});
      Column& column = joined.series[found->second].column;
      for (std::size_t i = 0; i < series.column.size(); ++i) {
        if (series.column.has(i)) column.set(offset + i, series.column.value(i));
      }
    }
  }
  return joined;
}

}  // namespace spm::model
