#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/http/message.hpp>

namespace spm::http {

/// What a request's path says below the base path, segment by segment, each decoded once: a segment may hold any byte,
/// so that a service called "a/b" can be named. Compared whole, never put together again.
struct RoutePath {
  std::vector<std::string> segments;

  bool is(std::initializer_list<std::string_view> expected) const noexcept;
};

/// What an Api answers at one path.
struct Route {
  std::string_view label;      ///< of a fixed set, static storage: the route label in /metrics and logs
  int what = 0;                ///< the Api's own number for it
  std::string argument;        ///< the variable segment of the path, if it has one
  bool asks_store = true;      ///< counts against the limit of requests at work
  bool takes_post = false;     ///< POST with a form means the same as GET
  std::size_t body_limit = 0;  ///< of such a POST, in bytes
};

/// A group of routes that speak one dialect. FrontDoor does what all have in common: the base path, methods, limits,
/// deadlines, CORS, compression.
class Api {
 public:
  Api() = default;
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;
  virtual ~Api() = default;

  /// nullopt: not this one's.
  virtual std::optional<Route> find(const RoutePath& path) const = 0;

  /// `context` carries the caller's identity and the deadline; what the Api adds (store_parameters, an earlier
  /// deadline) reaches everything behind it. Both outlive the call. Cancelled when the client goes away or the deadline
  /// has passed.
  virtual boost::asio::awaitable<Response> answer(Route route, const Request& request, base::CallContext& context) = 0;

  /// An error in this Api's dialect.
  virtual Response failure(const base::Error& error) const = 0;
};

}  // namespace spm::http
