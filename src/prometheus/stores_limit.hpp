#pragma once

#include <spm/base/error.hpp>

namespace spm::prometheus {

/// Whether the store refused a query for the amount of data that it would have to hold at once: a limit that a shorter
/// range keeps. Limits on the number of series are not among them, since a shorter range has nearly as many.
bool is_over_the_stores_limit(const base::Error& error);

}  // namespace spm::prometheus
