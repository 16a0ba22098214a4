#pragma once

#include <cstddef>
#include <cstdint>

#include <spm/model/matrix.hpp>

/// Ranges of points of all columns of a matrix, moved and compared in bulk. Groups are the same when their labels are,
/// in whatever order; groups without a point do not exist in what is made here.
namespace spm::cache {

/// The points [begin, begin + count).
model::Matrix slice(const model::Matrix& from, std::size_t begin, std::size_t count);

/// The points [begin, end) of `head`, then all of `tail`, whose grid begins with point `end` of `head`.
model::Matrix join(const model::Matrix& head, std::size_t begin, std::size_t end, const model::Matrix& tail);

enum class Sameness : std::uint8_t {
  bits,     ///< to the last bit; any NaN is as good as another
  rounding  ///< or apart by no more than sums are that were added up in another order
};

/// Whether `count` points are the same; those that are missing must be missing in both.
bool same_points(const model::Matrix& a, std::size_t a_begin, const model::Matrix& b, std::size_t b_begin,
                 std::size_t count, Sameness sameness = Sameness::bits);

/// The first of the points [begin, end) that any group has; `end`: none.
std::size_t first_present(const model::Matrix& matrix, std::size_t begin, std::size_t end);
/// The point behind the last one before `end` that any group has; 0: none.
std::size_t end_of_present(const model::Matrix& matrix, std::size_t end);

/// Memory, about.
std::size_t bytes_of(const model::Matrix& matrix);

}  // namespace spm::cache
