#pragma once

#include <string>

namespace spm::http {

struct ReadinessReport {
  bool ready = false;
  std::string reason;  ///< in words, one line a reason; empty when ready
  std::string detail;  ///< what else an operator wants to know, one line; may be empty
};

/// Whether requests can be answered now. Safe from any thread; never blocks.
class Readiness {
 public:
  Readiness() = default;
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  virtual ~Readiness() = default;

  virtual ReadinessReport report() const = 0;
};

}  // namespace spm::http
