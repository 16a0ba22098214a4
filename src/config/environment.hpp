#pragma once

#include "layer.hpp"

namespace spm::config {

/// What the environment says. An empty value says nothing. Unknown PROMETHEUS_ names get a warning with the nearest
/// known one, but for those that Kubernetes makes for a Service whose name starts with "prometheus".
Layer read_environment(const Environment& environment);

}  // namespace spm::config
