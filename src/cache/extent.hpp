#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <spm/model/matrix.hpp>
#include <spm/rates/rate_source.hpp>

/// What is known of one set of columns, and what of it still holds. Pure: the time is passed in.
namespace spm::cache {

/// One moment on both clocks.
struct Moment {
  std::int64_t wall_ms = 0;
  std::chrono::steady_clock::time_point steady;
};

/// One part's columns over one contiguous grid. Immutable.
struct Extent {
  rates::MatrixPtr matrix;                       ///< never null
  std::size_t final_points = 0;                  ///< so many, from the first one, need not be read again
  Moment read;                                   ///< when the others were read, all of them at once
  std::chrono::steady_clock::time_point oldest;  ///< when the first read of all was
  std::chrono::milliseconds overlap{0};          ///< what made points final
  rates::BucketRepair bucket_repair = rates::BucketRepair::raise;
  std::uint64_t era = 0;
  rates::ReadWay way = rates::ReadWay::promql;
  std::uint64_t generation = 0;                ///< of its group
  std::weak_ptr<const model::Matrix> made_of;  ///< the columns of the last read that went into it

  const model::TimeGrid& grid() const noexcept { return matrix->grid; }
};

/// How many steps `to` lies behind `from`. Both are of one phase.
std::int64_t steps_between(std::int64_t from_ms, std::int64_t to_ms, std::int64_t step_ms) noexcept;

/// Why nothing of it may be used any more, as a label; nullopt: it may.
std::optional<std::string_view> outdated(const Extent& held, const Moment& now, std::chrono::milliseconds max_age);

/// How long points that are not final may be given out again.
std::chrono::milliseconds fresh_for(std::int64_t step_ms) noexcept;
/// Whether all points of `grid` can be given out without asking the store.
bool answers(const Extent& held, const model::TimeGrid& grid, const Moment& now);
/// How many points of `grid`, from its first one, are held and final. The store is asked for the rest.
std::size_t final_points_of(const Extent& held, const model::TimeGrid& grid);
/// Whether all points of `grid` are there, however old.
bool covers(const Extent& held, const model::TimeGrid& grid);
/// The columns over `grid`, which is covered: those held themselves when the grid is the same, else a copy.
rates::MatrixPtr columns_over(const Extent& held, const model::TimeGrid& grid);

/// How many points of `grid` are final when it is read at `read` and the last point that any group has is at
/// `last_present_ms`; nullopt: no group has one. Points are final when they are older than `overlap` by both: what is
/// missing at the end may still come, however late.
std::size_t final_points(const model::TimeGrid& grid, const Moment& read, std::optional<std::int64_t> last_present_ms,
                         std::chrono::milliseconds overlap);

/// Whether points that should have been settled when they were read are others now: data came late, or went.
bool settled_points_changed(const Extent& held, const model::Matrix& now);

}  // namespace spm::cache
