#pragma once

#include <tl/expected.hpp>

#include <spm/base/error.hpp>

namespace spm::base {

/// A value, or the Error that says why there is none.
template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }
inline tl::unexpected<Error> fail(ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error(kind, std::move(message)));
}

}  // namespace spm::base
