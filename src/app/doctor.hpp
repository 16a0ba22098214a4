#pragma once

#include <string>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/config/settings.hpp>

namespace spm::app {

struct DoctorsWord {
  bool healthy = false;
  std::string text;  ///< for a terminal
};

/// Examines the store of `settings` with this service's own credentials, within --query.timeout. Opens no port. The
/// error is one of the settings.
base::Result<DoctorsWord> examine_store(const config::Settings& settings);

}  // namespace spm::app
