#pragma once

#include <array>
#include <string>

#include <spm/base/call_context.hpp>

namespace spm::schema {

/// Tells callers apart by what is sent on to the store for them, without keeping any of it: a hash under a key that
/// only this process knows. Immutable, safe from any thread.
class CallerKeys {
 public:
  CallerKeys();

  /// Empty for calls with this service's own credentials and no parameters.
  std::string key_of(const base::CallContext& context) const;

 private:
  std::array<unsigned char, 32> secret_{};
};

}  // namespace spm::schema
