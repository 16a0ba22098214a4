#pragma once

#include <string>
#include <string_view>

#include <spm/base/result.hpp>

namespace spm::prometheus {

/// Whether a 2xx answer to the probe comes from a Prometheus: JSON whose status is "success".
base::Result<void> check_probe_answer(std::string_view body, const std::string& store);

}  // namespace spm::prometheus
