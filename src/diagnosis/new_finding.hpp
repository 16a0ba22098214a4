#pragma once

#include <string>
#include <utility>

#include <spm/diagnosis/report.hpp>

namespace spm::diagnosis {

/// A finding that still lacks its why and its what-to-do.
inline Finding new_finding(FindingId id, Severity severity, std::string what) {
  Finding finding;
  finding.id = id;
  finding.severity = severity;
  finding.what = std::move(what);
  return finding;
}

}  // namespace spm::diagnosis
