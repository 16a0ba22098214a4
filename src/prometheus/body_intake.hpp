#pragma once

#include <cstddef>
#include <string_view>

#include <spm/base/result.hpp>

namespace spm::prometheus {

struct Reply;

/// Takes the body of an answer while it arrives, which is then kept nowhere. Used by one call, on its strand.
class BodyIntake {
 public:
  BodyIntake() = default;
  BodyIntake(const BodyIntake&) = delete;
  BodyIntake& operator=(const BodyIntake&) = delete;
  virtual ~BodyIntake() = default;

  /// Whether it takes the body of the answer that has this head. Of an answer of another kind only an excerpt is kept.
  virtual bool wants(const Reply& head) const = 0;
  /// The next bytes, valid during the call. An error ends the exchange.
  virtual base::Result<void> take(std::string_view bytes) = 0;
  /// How many bytes it was given.
  virtual std::size_t taken() const = 0;
};

}  // namespace spm::prometheus
