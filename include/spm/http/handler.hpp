#pragma once

#include <cstddef>

#include <boost/asio/awaitable.hpp>

#include <spm/http/message.hpp>

namespace spm::http {

/// What a listener serves. Called on the strand of the request's connection, for many connections at once.
class Handler {
 public:
  Handler() = default;
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  virtual ~Handler() = default;

  /// The largest body taken with a request of this head, in bytes. 0: a body is refused before it is read.
  virtual std::size_t body_limit(const RequestHead& head) const noexcept {
    static_cast<void>(head);
    return 0;
  }

  /// `request` outlives the call. Cancelled when the client goes away; its answer is then dropped.
  virtual boost::asio::awaitable<Response> handle(const Request& request) = 0;

  /// The answer to a request that was refused before it could be handled; `head` is empty where it could not be read.
  /// Closes the connection.
  virtual Response refuse(const RequestHead& head, const base::Error& error) const = 0;
};

}  // namespace spm::http
