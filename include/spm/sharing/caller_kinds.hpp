#pragma once

#include <array>
#include <string>

#include <spm/base/call_context.hpp>

namespace spm::sharing {

/// Tells kinds of callers apart by whose turn it is at the store and by what decides which data the store shows. Keeps
/// no token: of it there is a hash under a key that only this process knows. Immutable, safe from any thread.
class CallerKinds {
 public:
  CallerKinds();

  /// Equal for callers that get the same answers.
  std::string kind_of(const base::CallContext& context) const;

 private:
  std::array<unsigned char, 32> secret_{};
};

}  // namespace spm::sharing
