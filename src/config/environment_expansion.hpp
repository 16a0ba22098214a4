#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/config/load.hpp>

namespace spm::config {

/// Replaces ${env:X}, ${X} and ${env:X:-default} as the OpenTelemetry collector does in a configuration; $$ is a
/// dollar sign. The default also counts when X is empty. What a variable holds is not expanded again. A variable that
/// is missing, without a default, becomes nothing and its name goes into `missing`.
base::Result<std::string> expand_environment(std::string_view text, const Environment& environment,
                                             std::vector<std::string>& missing);

}  // namespace spm::config
