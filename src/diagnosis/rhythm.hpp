#pragma once

#include <spm/diagnosis/report.hpp>
#include <spm/model/matrix.hpp>

namespace spm::diagnosis {

/// How often one series gets samples, and how often its value changes, from its newest samples' times (in seconds, as
/// timestamp() gives them) and values on one grid. Intervals are medians; finer ones than the grid's step read as that
/// step. Too few samples, or a counter that hardly moves: nothing.
Rhythm rhythm_of(const model::Column& times, const model::Column& values);

}  // namespace spm::diagnosis
