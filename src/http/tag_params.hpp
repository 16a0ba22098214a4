#pragma once

#include <vector>

#include <spm/base/result.hpp>
#include <spm/model/matrix.hpp>

#include "form.hpp"

namespace spm::http {

/// The filters of a request: `tag=key:value`, which may be repeated and is cut at its first colon, and
/// `tags={"key":"value"}`. Errors are invalid_argument about `tag` or `tags`.
base::Result<std::vector<model::Label>> read_tags(const Parameters& parameters);

}  // namespace spm::http
