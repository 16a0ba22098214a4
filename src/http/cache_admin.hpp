#pragma once

#include <spm/cache/mode.hpp>
#include <spm/cache/shelf.hpp>
#include <spm/http/message.hpp>

namespace spm::http {

/// The largest body that a command to the cache may have.
inline constexpr std::size_t kMostOfACommand = 1'024;

/// GET: what is held, as JSON. POST `{"clear":true}`: drops all of it and tells how much that was. `shelf` null:
/// nothing is ever held.
Response answer_cache(const Request& request, cache::Shelf* shelf, cache::CacheMode mode);

}  // namespace spm::http
