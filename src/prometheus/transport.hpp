#pragma once

#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "connection.hpp"

namespace spm::prometheus {

/// A socket with TLS on it or not, as one stream type: Beast's algorithms are then compiled once. No strand of its own:
/// handlers run where the calling coroutine does.
class Connection::Transport {
 public:
  using executor_type = boost::asio::any_io_executor;  // NOLINT(readability-identifier-naming): Asio's name
  using Socket = boost::asio::ip::tcp::socket;

  Transport(const boost::asio::any_io_executor& io, std::shared_ptr<boost::asio::ssl::context> context)
      : context_(std::move(context)),
        socket(io) {
    if (context_) tls.emplace(socket, *context_);
  }

  /// The TLS layer, or nullptr on a plain connection.
  Tls* secure() noexcept { return tls ? &*tls : nullptr; }

  executor_type get_executor() noexcept { return socket.get_executor(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& target) {
          if (tls) {
            tls->async_read_some(target, std::move(handler));
          } else {
            socket.async_read_some(target, std::move(handler));
          }
        },
        token, buffers);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& source) {
          if (tls) {
            tls->async_write_some(source, std::move(handler));
          } else {
            socket.async_write_some(source, std::move(handler));
          }
        },
        token, buffers);
  }

 private:
  std::shared_ptr<boost::asio::ssl::context> context_;  // outlives tls

 public:
  Socket socket;
  std::optional<Tls> tls;
  boost::beast::flat_buffer buffer;  ///< bytes that were read and not yet used
};

}  // namespace spm::prometheus
